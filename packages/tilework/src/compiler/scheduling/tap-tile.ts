/**
 * Tiles for the gradient of a depthwise convolution by its weights. Its results are the taps: a tile of all of them
 * reads each pixel of the images once for each row of taps, and where all pixels of an image are written out, once.
 */
import type { Tile } from "./choose-tile.ts";
import { imageAxes, isDepthwise, leapOf, overlaps, SIDE } from "./depthwise-nest.ts";
import { laneQuantum } from "./lane-period.ts";
import { pointsOf } from "./nest-work.ts";
import { LONG_LEAP, PASSING, type SquareTile, vectorsFor } from "./square-tile.ts";
import type { TileSpace } from "./step-cost.ts";
import { variesAlong } from "./strided-access.ts";

/** Results of a tile. */
const MOST_TAPS = 9;
/** Pixels that are written out where all lie near. */
const FEW_STEPS = 4;
/** Pixels of an image, and of a row, that are written out where they lie far apart. */
const MOST_PIXELS = 64;
const LONGEST_ROW = 16;
const LINE = 64;
const PAGE = 4096;

/** All taps; undefined where the nest is none of that kind. */
export function tapTile(space: TileSpace, { rowAxis }: Tile): SquareTile | undefined {
  const { work, target, vectorAxis } = space;
  const { nest } = work;
  const steps = (nest.levels[0]?.axes ?? []).filter((axis) => nest.axes[axis]!.size >= SIDE);
  if (rowAxis === undefined || steps.length === 0 || !isDepthwise(space)) return undefined;
  const taps = imageAxes(space).filter((axis) =>
    steps.some((step) =>
      overlaps(work, { axis, points: nest.axes[axis]!.size }, { axis: step, points: SIDE }),
    ),
  );
  const points = pointsOf(nest, taps);
  if (taps.length !== 2 || !taps.includes(rowAxis) || points > MOST_TAPS) return undefined;
  const rows = taps.map((axis) => ({ axis, count: nest.axes[axis]!.size }));
  const isFar = leapOf(work, steps.at(-1)!) >= LONG_LEAP;
  const isWhole = laneQuantum(space.lanePeriod, target.lanes) === 1;
  const image = isFar && isWhole ? imageSteps(space, steps, taps) : 0;
  if (image > 0) return { rows, vectors: 1, unroll: image };
  const unroll = isFar ? rowSteps(space, steps) : FEW_STEPS;
  const vectors = vectorsFor(space, points + FEW_STEPS);
  const columns = nest.axes[vectorAxis!]!.size;
  const isRun = 4 * Math.min(columns, vectors * target.lanes) >= Math.min(LINE, 2 * columns);
  return unroll > 0 && vectors > 0 && isRun ? { rows, vectors, unroll } : undefined;
}

/**
 * The pixels of an image whose rows stay in registers for as long as rows of taps reach over them, so that each pixel
 * is loaded once; 0 where it is too large for that.
 */
function imageSteps({ work, target }: TileSpace, steps: readonly number[], taps: readonly number[]): number {
  const { nest, loads } = work;
  const [outer, inner] = steps.slice(-2);
  const [rows, columns] = taps as [number, number];
  const moving = loads.find((access) => taps.every((axis) => variesAlong(access, axis)));
  if (outer === undefined || inner === undefined || moving === undefined) return 0;
  const { strides } = moving.form;
  const width = Math.abs(strides[inner]! / strides[columns]!) * nest.axes[inner]!.size;
  const waiting = (nest.axes[rows]!.size - 1) * width + nest.axes[columns]!.size;
  const pixels = pointsOf(nest, [outer, inner]);
  const registers = pointsOf(nest, taps) + waiting + PASSING;
  return pixels <= MOST_PIXELS && registers <= target.registers ? pixels : 0;
}

/** The pixels of a row where they are few and do not all stand in one set of the first cache; else 0. */
function rowSteps({ work }: TileSpace, steps: readonly number[]): number {
  const inner = steps.at(-1)!;
  const { size } = work.nest.axes[inner]!;
  return size <= LONGEST_ROW && leapOf(work, inner) % PAGE !== 0 ? size : 0;
}
