/**
 * Tiles over two axes for depthwise convolutions, which share nothing but pixels and weights. With all taps written
 * out each pixel under a square of results is loaded once: 16 for the 36 multiply-adds of 2 x 2 results by 3 x 3
 * taps, where a tile along one axis loads each pixel once for every row of taps.
 */
import type { Tile } from "./choose-tile.ts";
import { imageAxes, isDepthwise, leapOf, overlaps, SIDE } from "./depthwise-nest.ts";
import { laneQuantum } from "./lane-period.ts";
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
/** Bytes between neighbouring pixels from which on long runs in memory count more than loads. */
export const LONG_LEAP = 2048;
/** Registers for pixels on their way. */
export const PASSING = 2;

/** Neighbours of an image, all taps written out; undefined where the nest is none of that kind. */
export function squareTile(space: TileSpace, { rowAxis }: Tile): SquareTile | undefined {
  const { work } = space;
  const { nest, loads } = work;
  if (rowAxis === undefined || !isDepthwise(space) || leapOf(work, rowAxis) >= LONG_LEAP) return undefined;
  const taps = nest.levels[0]!.axes.filter((axis) => nest.axes[axis]!.size > 1).slice(-2);
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

/**
 * The vectors of a tile that takes so many registers for each of them, whole periods of the lanes; 0 where there are
 * too few.
 */
export function vectorsFor({ work, target, vectorAxis, lanePeriod }: TileSpace, registers: number): number {
  const units = Math.ceil(work.nest.axes[vectorAxis!]!.size / target.lanes);
  const most = Math.min(Math.floor((target.registers - PASSING) / registers), MOST_VECTORS);
  const quantum = laneQuantum(lanePeriod, target.lanes);
  return units <= most ? units : most - (most % quantum);
}
