import type { Target } from "../target.ts";
import type { Tile } from "./choose-tile.ts";
import { type NestWork, pointsOf } from "./nest-work.ts";
import { type StridedAccess, variesAlong } from "./strided-access.ts";

const FEWEST_STEPS = 24;
const LONG_VISIT = 200;
/** Cycles of a step in which the second level cache cannot bring operands that are spread over memory. */
const SHORT_STEP = 8;
const CACHE_WAYS = 8;

export interface OuterReduction {
  readonly outerReduction: number;
  readonly outerBlock: number;
}

/**
 * Leading reduction axes to run outside the tiles. Where few results are reduced over much (backward-weights over
 * images and pixels), each tile would stream operands that the other tiles need as well; so the tiles take turns
 * on a part that stays in the cache.
 */
export function chooseOuterReduction(work: NestWork, target: Target, tile: Tile): OuterReduction {
  const none = { outerReduction: 0, outerBlock: 1 };
  const { nest } = work;
  const [level] = nest.levels;
  if (nest.levels.length !== 1 || level === undefined || level.lanes || !storesPlainly(work)) return none;
  const results = pointsOf(nest, nest.space);
  const tiles = results / (tile.rows * tile.vectors * target.lanes);
  if (tiles <= 2) return none;
  const limit = workingSet(work, target, tile, level.axes);
  let outer = 0;
  while (outer < level.axes.length - 1) {
    const inner = level.axes.slice(outer);
    const steps = pointsOf(nest, inner.slice(1));
    if (streamedBytes(work, target, tile, inner) <= limit || steps < FEWEST_STEPS) break;
    outer++;
  }
  if (outer === 0) return none;
  return {
    outerReduction: outer,
    outerBlock: blockOf(work, target, tile, level.axes.slice(outer - 1), limit),
  };
}

/** Bytes that a tile may stream in one visit, so that the next tile finds them near. */
function workingSet(work: NestWork, target: Target, tile: Tile, axes: readonly number[]): number {
  const { nest } = work;
  const { l1, l2, lanes } = target;
  const last = axes.at(-1)!;
  const width = (access: StridedAccess): number =>
    (tile.vectorAxis !== undefined && variesAlong(access, tile.vectorAxis) ? tile.vectors * lanes : 1) *
    (tile.rowAxis !== undefined && variesAlong(access, tile.rowAxis) ? tile.rows : 1);
  const isShared = work.loads.some(
    (access) => tile.vectorAxis !== undefined && !variesAlong(access, tile.vectorAxis),
  );
  const leaps = work.loads.some((access) => Math.abs(access.form.strides[last]!) > width(access));
  if (isShared && leaps && (tile.rows * tile.vectors) / 2 < SHORT_STEP) return l1;
  const isLong = pointsOf(nest, axes) > pointsOf(nest, nest.space) / 16;
  return isLong ? l2 / 8 : l2 / 2;
}

/** How many values of the first axis make a visit long enough to pay for loading and storing the results. */
function blockOf(work: NestWork, target: Target, tile: Tile, axes: readonly number[], limit: number): number {
  const { nest } = work;
  const [blocked, ...inner] = axes as [number, ...number[]];
  const { size } = nest.axes[blocked]!;
  const long = Math.ceil(LONG_VISIT / pointsOf(nest, inner));
  const fits = Math.floor(limit / streamedBytes(work, target, tile, inner));
  const stays = limit > target.l1 ? Infinity : stayingSteps(work, target, tile) / pointsOf(nest, inner);
  const most = Math.min(fits, stays < 1 ? Infinity : Math.floor(stays));
  const visits = Math.ceil(size / Math.max(1, Math.min(size, long, most)));
  return Math.ceil(size / visits);
}

const LINE = 64;

/**
 * Steps of the innermost reduction axis whose vectors, which neighbouring tiles share, stay in the first level cache:
 * where a step leaps by a power of two in memory, they all fall into a few sets of it.
 */
function stayingSteps({ loads, nest }: NestWork, { l1, lanes }: Target, tile: Tile): number {
  const last = nest.levels[0]!.axes.at(-1)!;
  const sets = l1 / (LINE * CACHE_WAYS);
  const steps = loads.map((access) => {
    const isShared = tile.rowAxis === undefined || !variesAlong(access, tile.rowAxis);
    if (!isShared || tile.vectorAxis === undefined || !variesAlong(access, tile.vectorAxis)) return Infinity;
    const leap = Math.abs(4 * access.form.strides[last]!) / LINE;
    const places = Number.isInteger(leap) ? sets / greatestCommonDivisor(sets, leap) : sets;
    const lines = Math.ceil((4 * tile.vectors * lanes) / LINE);
    return (CACHE_WAYS - 1) * Math.min(places, sets / lines);
  });
  return Math.min(...steps);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Bytes that one tile reads while some reduction axes run, in whole cache lines. */
function streamedBytes(work: NestWork, target: Target, tile: Tile, axes: readonly number[]): number {
  const { nest } = work;
  return work.loads.reduce((sum, access) => {
    const moved = axes.filter((axis) => variesAlong(access, axis));
    const width =
      tile.vectorAxis !== undefined && variesAlong(access, tile.vectorAxis) ? tile.vectors * target.lanes : 1;
    const rows = tile.rowAxis !== undefined && variesAlong(access, tile.rowAxis) ? tile.rows : 1;
    const contiguous = moved.some((axis) => access.form.strides[axis] === 1);
    const elements = pointsOf(nest, moved) * (contiguous ? width * rows : Math.max(16, width * rows));
    const size = nest.buffers[access.buffer]!.shape.reduce((x, y) => x * y, 1);
    const own = isOwn(work, access) ? footprintOf(work, target, tile, access, moved) : size;
    return sum + 4 * Math.min(elements, size, own);
  }, 0);
}

/** Results that may share an operand which is as good as their own. */
const FEW_SHARING = 4;

/** Whether hardly any results share the operand: images of a convolution to few channels. */
function isOwn({ nest }: NestWork, access: StridedAccess): boolean {
  const sharing = nest.space.filter((axis) => !variesAlong(access, axis));
  return pointsOf(nest, sharing) <= FEW_SHARING;
}

/**
 * Different elements that a tile reads while some axes run, runs of memory that overlap counted once, in whole cache lines; unknown
 * where a table tells.
 */
function footprintOf(
  { nest }: NestWork,
  target: Target,
  tile: Tile,
  { form }: StridedAccess,
  moved: readonly number[],
): number {
  const steps = new Map<number, number>();
  const step = (axis: number | undefined, count: number): void => {
    if (axis === undefined) return;
    const stride = form.tables.some((term) => term.axis === axis) ? Infinity : Math.abs(form.strides[axis]!);
    steps.set(stride, (steps.get(stride) ?? 0) + Math.min(count, nest.axes[axis]!.size) - 1);
  };
  step(tile.rowAxis, tile.rows);
  step(tile.vectorAxis, tile.vectors * target.lanes);
  for (const axis of moved) step(axis, nest.axes[axis]!.size);
  if (steps.has(Infinity)) return Infinity;
  let [run, runs] = [1, 1];
  for (const [stride, count] of [...steps].sort((a, b) => a[0] - b[0]))
    if (stride <= run) run += stride * count;
    else runs *= count + 1;
  return (runs > 1 ? Math.max(16, run) : run) * runs;
}

function storesPlainly({ nest }: NestWork): boolean {
  return nest.stores.every(
    ({ buffer, value }) => value.kind === "accumulator" && nest.buffers[buffer]!.dtype === "float32",
  );
}
