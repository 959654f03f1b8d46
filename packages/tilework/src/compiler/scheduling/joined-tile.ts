/**
 * Rows of images as rows of a tile, for depthwise convolutions whose pixels and few channels lie across vectors as one
 * axis. Neighbouring taps of a row read vectors that begin elsewhere, but each row of pixels serves all rows of taps: with
 * all taps written out it is loaded once for them.
 */
import type { Tile } from "./choose-tile.ts";
import { overlaps, SIDE } from "./depthwise-nest.ts";
import { laneQuantum } from "./lane-period.ts";
import { pointsOf } from "./nest-work.ts";
import type { SquareTile } from "./square-tile.ts";
import type { TileSpace } from "./step-cost.ts";
import { variesAlong } from "./strided-access.ts";

/** Registers for pixels and weights on their way. */
const PASSING = 8;
/** Rows of a tile: with fewer, too much is loaded for its ends. */
const FEWEST_ROWS = 4;
const MOST_ROWS = 8;
/** Vectors of a tile where any number will do. */
const USUAL_VECTORS = 2;
/** Multiply-adds of a tile. */
const MOST_WRITTEN = 256;

/** Undefined where the nest is none of that kind, or registers do not suffice. */
export function joinedTile(space: TileSpace, { rowAxis }: Tile): SquareTile | undefined {
  const { work, target, vectorAxis, lanePeriod, window } = space;
  const { nest, loads } = work;
  const [level] = nest.levels;
  if (target.printer !== "x64" || !target.fused || lanePeriod === 1) return undefined;
  if (nest.levels.length !== 1 || level!.lanes || work.operations > 1 || window.length > 0) return undefined;
  if (vectorAxis === undefined || rowAxis === undefined || !nest.space.includes(vectorAxis)) return undefined;
  if (!loads.every((access) => variesAlong(access, vectorAxis))) return undefined;
  const taps = level!.axes.filter((axis) => nest.axes[axis]!.size > 1);
  const outer = { axis: taps[0]!, points: nest.axes[taps[0]!]?.size ?? 1 };
  if (taps.length !== 2 || !overlaps(work, { axis: rowAxis, points: SIDE }, outer)) return undefined;
  const quantum = laneQuantum(lanePeriod, target.lanes);
  const vectors = quantum > 1 ? quantum : USUAL_VECTORS;
  const most = Math.min(MOST_ROWS, Math.floor((target.registers - PASSING) / vectors));
  const { size } = nest.axes[rowAxis]!;
  const count = Math.ceil(size / Math.ceil(size / most));
  const unroll = pointsOf(nest, taps);
  if (most < FEWEST_ROWS || count < FEWEST_ROWS || count * vectors * unroll > MOST_WRITTEN) return undefined;
  if (vectors * target.lanes > nest.axes[vectorAxis]!.size) return undefined;
  return { rows: [{ axis: rowAxis, count }], vectors, unroll };
}
