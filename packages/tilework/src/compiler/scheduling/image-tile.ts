/**
 * Tiles of many neighbours in an image, one vector wide, for depthwise convolutions whose pixels lie far apart in
 * memory. Pixels a multiple of a page or half of it apart stand in few sets of the first cache, which cannot keep them for the next
 * tile; so a tile loads each of its pixels once. Its results are finished one after the other (see
 * codegen/tile/order-tile.ts), so that they may be more than there are registers.
 */
import type { Tile } from "./choose-tile.ts";
import { imageAxes, isDepthwise, leapOf, overlaps, SIDE } from "./depthwise-nest.ts";
import { laneQuantum } from "./lane-period.ts";
import type { SquareTile } from "./square-tile.ts";
import type { TileSpace } from "./step-cost.ts";
import { variesAlong } from "./strided-access.ts";

/** Bytes between neighbouring pixels from which on they stand in few sets. */
const LONG_LEAP = 2048;
/** Results of a tile. */
const MOST_POINTS = 64;
/** Multiply-adds that are written out for tiles of all kinds: more would only be more code. */
const MOST_WRITTEN = 2000;
/** How much faster cache lines come where several of them lie in a row. */
const RUN_GAIN = 2;
/** Registers for pixels on their way. */
const PASSING = 2;

interface Side {
  readonly axis: number;
  /** Neighbours along the axis. */
  readonly size: number;
  readonly taps: number;
  /** Taps from one neighbour to the next. */
  readonly step: number;
}

/** Undefined where the nest is none of that kind, registers do not suffice, or longer runs of memory gain more. */
export function imageTile(space: TileSpace, tile: Tile): SquareTile | undefined {
  const { work, target } = space;
  const { rowAxis } = tile;
  if (rowAxis === undefined || !isDepthwise(space) || leapOf(work, rowAxis) < LONG_LEAP) return undefined;
  if (laneQuantum(space.lanePeriod, target.lanes) > 1) return undefined;
  const [outer, inner] = sidesOf(space) ?? [];
  if (outer === undefined || inner === undefined) return undefined;
  const taps = outer.taps * inner.taps;
  const weights = work.loads.filter((access) => !variesAlong(access, rowAxis)).length * taps;
  let best: { readonly counts: readonly [number, number]; readonly lines: number } | undefined;
  for (const rows of countsOf(outer))
    for (const columns of countsOf(inner)) {
      const registers = weights + underWay(outer, inner, columns) + PASSING;
      const written = writtenOf(outer, rows) * writtenOf(inner, columns) * taps;
      if (rows * columns > MOST_POINTS || registers > target.registers || written > MOST_WRITTEN) continue;
      const tiles = Math.ceil(outer.size / rows) * Math.ceil(inner.size / columns);
      const lines = readOf(outer, rows) * readOf(inner, columns) + tiles * weights;
      if (best === undefined || lines < best.lines) best = { counts: [rows, columns], lines };
    }
  const results = outer.size * inner.size;
  const usual = ((outer.taps * readOf(inner, tile.rows)) / inner.size + weights / tile.rows) * results;
  if (best === undefined || RUN_GAIN * (best.lines + results) > usual + results) return undefined;
  const rows = [outer, inner].map(({ axis }, at) => ({ axis, count: best.counts[at]! }));
  return { rows, vectors: 1, unroll: taps };
}

/** The two axes of the image with their taps, in the order in which the taps are summed. */
function sidesOf(space: TileSpace): readonly Side[] | undefined {
  const { work } = space;
  const { nest, loads } = work;
  const taps = nest.levels[0]!.axes.filter((axis) => nest.axes[axis]!.size > 1);
  const sides = taps.flatMap((tap): Side[] => {
    const count = nest.axes[tap]!.size;
    const axis = imageAxes(space).find((each) =>
      overlaps(work, { axis: each, points: SIDE }, { axis: tap, points: count }),
    );
    const moving = loads.find((access) => axis !== undefined && variesAlong(access, axis));
    const step = moving === undefined ? 0 : Math.abs(moving.form.strides[axis!]! / moving.form.strides[tap]!);
    return Number.isInteger(step) && step > 0
      ? [{ axis: axis!, size: nest.axes[axis!]!.size, taps: count, step }]
      : [];
  });
  return taps.length === 2 && sides.length === 2 && sides[0]!.axis !== sides[1]!.axis ? sides : undefined;
}

/** Points of a tile along a side, so that its tiles are as even as may be. */
function countsOf({ size }: Side): number[] {
  return [...new Set(Array.from({ length: size }, (_, at) => Math.ceil(size / (at + 1))))];
}

/** Results that are under way at once while pixels are taken row by row. */
function underWay(outer: Side, inner: Side, columns: number): number {
  return (Math.ceil(outer.taps / outer.step) - 1) * columns + Math.ceil(inner.taps / inner.step);
}

/** Points along a side of all kinds of tiles: those at the ends are written apart, and those of another size. */
function writtenOf({ size }: Side, count: number): number {
  const tiles = Math.ceil(size / count);
  const small = Math.floor(size / tiles);
  const large = size % tiles;
  if (tiles <= 2) return size;
  const middle = (large > 1 ? small + 1 : 0) + (tiles - large > 1 ? small : 0);
  const ends = (large > 0 ? small + 1 : small) + small;
  return ends + middle;
}

/** Pixels along a side that all of its tiles read. */
function readOf({ size, taps, step }: Side, count: number): number {
  return size * step + Math.ceil(size / count) * Math.max(0, taps - step);
}
