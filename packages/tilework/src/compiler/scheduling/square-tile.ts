/**
 * Tiles over two axes for depthwise convolutions, which share nothing but pixels and weights. With all taps written
 * out each pixel under a square of results is loaded once: 16 for the 36 multiply-adds of 2 x 2 results by 3 x 3
 * taps, where a tile along one axis loads each pixel once for every row of taps. The results of the gradient by the
 * weights are the taps: a tile of all of them reads each pixel of the images once.
 */
import type { Tile } from "./choose-tile.ts";
import { imageAxes, isDepthwise, leapOf, overlaps, SIDE } from "./depthwise-nest.ts";
import { pointsOf } from "./nest-work.ts";
import type { TileSpace } from "./step-cost.ts";
import { variesAlong } from "./strided-access.ts";

export interface SquareTile {
  readonly rows: readonly { readonly axis: number; readonly count: number }[];
  readonly vectors: number;
  /** Steps written out. */
  readonly unroll: number;
}

const MOST_VECTORS = 4;
/** Results of a tile of all taps. */
const MOST_TAPS = 9;
/** Pixels that are written out for a tile of all taps. */
const FEW_STEPS = 4;
/** Bytes between neighbouring pixels from which on long runs in memory count more than loads. */
const LONG_LEAP = 2048;
const LINE = 64;
/** Registers for pixels on their way. */
const PASSING = 2;

/** Neighbours of an image, all taps written out; undefined where the nest is none of that kind. */
export function squareTile(space: TileSpace, { rowAxis }: Tile): SquareTile | undefined {
  const { work } = space;
  const { nest, loads } = work;
  if (rowAxis === undefined || !isDepthwise(space) || leapOf(work, rowAxis) >= LONG_LEAP) return undefined;
  const taps = nest.levels[0]!.axes.filter((axis) => nest.axes[axis]!.size > 1);
  const sides = taps.map((tap) =>
    imageAxes(space).find((axis) =>
      overlaps(work, { axis, points: SIDE }, { axis: tap, points: nest.axes[tap]!.size }),
    ),
  );
  const other = sides.find((side) => side !== rowAxis);
  if (taps.length !== 2 || other === undefined || !sides.includes(rowAxis)) return undefined;
  const points = pointsOf(nest, taps);
  const weights = loads.filter(
    (access) => !variesAlong(access, rowAxis) && !variesAlong(access, other),
  ).length;
  const vectors = vectorsFor(space, SIDE * SIDE + weights * points);
  if (vectors < 1) return undefined;
  return { rows: [other, rowAxis].map((axis) => ({ axis, count: SIDE })), vectors, unroll: points };
}

/** All taps of a gradient by the weights; undefined where the nest is none of that kind. */
export function tapTile(space: TileSpace, { rowAxis }: Tile): SquareTile | undefined {
  const { work, target, vectorAxis } = space;
  const { nest } = work;
  const steps = (nest.levels[0]?.axes ?? []).filter((axis) => nest.axes[axis]!.size >= SIDE);
  if (rowAxis === undefined || steps.length === 0 || !isDepthwise(space)) return undefined;
  if (leapOf(work, steps.at(-1)!) >= LONG_LEAP) return undefined;
  const taps = imageAxes(space).filter((axis) =>
    steps.some((step) =>
      overlaps(work, { axis, points: nest.axes[axis]!.size }, { axis: step, points: SIDE }),
    ),
  );
  const points = pointsOf(nest, taps);
  if (taps.length !== 2 || !taps.includes(rowAxis) || points > MOST_TAPS) return undefined;
  const vectors = vectorsFor(space, points + FEW_STEPS);
  const columns = nest.axes[vectorAxis!]!.size;
  if (vectors < 1 || 4 * Math.min(columns, vectors * target.lanes) < Math.min(LINE, 2 * columns))
    return undefined;
  const rows = taps.map((axis) => ({ axis, count: nest.axes[axis]!.size }));
  return { rows, vectors, unroll: FEW_STEPS };
}

/** The vectors of a tile that takes so many registers for each of them; 0 where there are too few. */
function vectorsFor({ work, target, vectorAxis }: TileSpace, registers: number): number {
  const units = Math.ceil(work.nest.axes[vectorAxis!]!.size / target.lanes);
  return Math.min(units, Math.floor((target.registers - PASSING) / registers), MOST_VECTORS);
}
