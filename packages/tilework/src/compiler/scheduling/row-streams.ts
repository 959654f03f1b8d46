/**
 * Rows of images as rows of a tile, for gradients of overlapping windows whose images are wider than the first cache:
 * several rows of memory then come in side by side, as streams of their own, and each is read by fewer tiles, where a
 * tile of neighbours in one row reads every row anew for each row of taps. All taps are written out, so that the rows
 * share their loads.
 */
import { byteSize } from "../../tensor/dtype.ts";
import type { Tile } from "./choose-tile.ts";
import { pointsOf } from "./nest-work.ts";
import { skewedLoads } from "./skewed-loads.ts";
import type { SquareTile } from "./square-tile.ts";
import { isWrittenOut, type TileSpace } from "./step-cost.ts";

/** Streams that the processor fetches ahead side by side. */
const MOST_STREAMS = 4;

/** The rows of images instead of the tile's rows; undefined where the nest is none of that kind. */
export function rowStreams(space: TileSpace, { rowAxis }: Tile): SquareTile | undefined {
  const { work, target, vectorAxis } = space;
  const { nest } = work;
  const taps = (nest.levels[0]?.axes ?? []).filter((axis) => nest.axes[axis]!.size > 1);
  const [outer, inner] = taps;
  const shared = skewedLoads(work, target, rowAxis);
  if (shared === undefined || shared.step >= shared.taps || taps.length !== 2) return undefined;
  if (outer === undefined || inner !== nest.levels[0]!.axes.at(-1)) return undefined;
  const axis = nest.space.find(
    (each) => each !== rowAxis && each !== vectorAxis && overlaps(space, each, outer),
  );
  if (axis === undefined || bytesOfRows(space, axis, outer) <= target.l1) return undefined;
  const { size } = nest.axes[axis]!;
  const rows = Math.ceil(size / Math.ceil(size / MOST_STREAMS));
  const tile = { rowAxis: axis, rows, vectors: 1 };
  if (rows < 2 || !isWrittenOut(space, tile)) return undefined;
  return { rows: [{ axis, count: rows }], vectors: 1, unroll: pointsOf(nest, taps) };
}

/** Whether neighbours along the axis read, some steps of the taps further on, what their neighbours read. */
function overlaps({ work: { nest, loads } }: TileSpace, axis: number, taps: number): boolean {
  return loads.every(({ form }) => {
    const step = form.strides[axis]! / form.strides[taps]!;
    const isPlain = form.tables.every((term) => term.axis !== axis && term.axis !== taps);
    return isPlain && Number.isInteger(step) && step >= 1 && step < nest.axes[taps]!.size;
  });
}

/** Bytes of the rows that one row's windows read. */
function bytesOfRows({ work: { nest, loads } }: TileSpace, axis: number, taps: number): number {
  const row = loads.reduce(
    (sum, { buffer, form }) => sum + form.strides[axis]! * byteSize[nest.buffers[buffer]!.dtype],
    0,
  );
  return row * nest.axes[taps]!.size;
}

/** Vectors of windows that share nothing. */
const MOST_VECTORS = 4;

/**
 * The same for windows that do not overlap: two rows of them side by side, each pixel's channels in a run, where a tile
 * of neighbours in one row leaps from pixel to pixel.
 */
export function rowPairs(space: TileSpace): SquareTile | undefined {
  const { work, target, vectorAxis } = space;
  const { nest, loads } = work;
  const [level, ...others] = nest.levels;
  const [load, ...more] = loads;
  const taps = (level?.axes ?? []).filter((axis) => nest.axes[axis]!.size > 1);
  if (target.printer !== "x64" || others.length > 0 || level === undefined || level.lanes) return undefined;
  if (load === undefined || more.length > 0 || load.isDynamic || load.form.tables.length > 0)
    return undefined;
  if (level.reductions.some(({ value }) => value.kind !== "load") || taps.length !== 2) return undefined;
  if (vectorAxis === undefined || load.form.strides[vectorAxis] !== 1) return undefined;
  const windows = taps.map((tap) =>
    nest.space.find((axis) => load.form.strides[axis] === load.form.strides[tap]! * nest.axes[tap]!.size),
  );
  const [axis, neighbours] = windows;
  if (axis === undefined || neighbours === undefined) return undefined;
  if (nest.axes[axis]!.size < 2 || bytesOfRows(space, axis, taps[0]!) <= target.l1) return undefined;
  const units = Math.ceil(nest.axes[vectorAxis]!.size / target.lanes);
  const tile = { rowAxis: axis, rows: 2, vectors: Math.min(units, MOST_VECTORS) };
  if (!isWrittenOut(space, tile)) return undefined;
  return { rows: [{ axis, count: 2 }], vectors: tile.vectors, unroll: pointsOf(nest, taps) };
}
