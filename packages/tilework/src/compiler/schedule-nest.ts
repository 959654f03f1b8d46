/** Chooses how a nest runs on a target: a small cost model over its accesses. Bits never depend on it. */
import { guardsOfLevel, type Nest } from "../kernel/nest.ts";
import type { Schedule } from "./schedule.ts";
import { rankTiles, rowOrder, type Tile } from "./scheduling/choose-tile.ts";
import { chooseVectorAxis } from "./scheduling/choose-vector-axis.ts";
import { imageTile } from "./scheduling/image-tile.ts";
import { joinedTile } from "./scheduling/joined-tile.ts";
import { lanePeriod as periodAlong } from "./scheduling/lane-period.ts";
import { laneTile } from "./scheduling/lane-tile.ts";
import { leapingCopy } from "./scheduling/leaping-copy.ts";
import { loopOrder } from "./scheduling/loop-order.ts";
import { mergedSize, type NestWork, pointsOf, workOf } from "./scheduling/nest-work.ts";
import { chooseOuterReduction } from "./scheduling/outer-reduction.ts";
import { PartialResults } from "./scheduling/partial-results.ts";
import { phaseTile } from "./scheduling/phase-tile.ts";
import { rowPairs, rowStreams } from "./scheduling/row-streams.ts";
import { sharedSteps } from "./scheduling/shared-loads.ts";
import { squareTile } from "./scheduling/square-tile.ts";
import { isUnrolled, isWrittenOut, type TileSpace } from "./scheduling/step-cost.ts";
import { storesPastCaches } from "./scheduling/stores-past-caches.ts";
import { tapTile } from "./scheduling/tap-tile.ts";
import type { Target } from "./target.ts";

/** Fewer tasks than enough are cut further while they are long, in cycles. */
const USUAL_TASKS = { enough: 16, long: 8000 };
/** The same where the tiles of a task share what one of them brings into the cache. */
const SHARING_TASKS = { enough: 8, long: 400_000 };

/** A good default schedule. Any nest gets a valid one. */
export function scheduleNest(nest: Nest, target: Target): Schedule {
  const space = tileSpace(nest, target);
  return usualSchedule(space, rankTiles(space)[0]!);
}

function usualSchedule(space: TileSpace, tile: Tile): Schedule {
  const schedule = scheduleTile(space, leapingCopy(space, tile) ?? tile);
  const taps = tapTile(space, tile);
  if (taps !== undefined) {
    const loops = taskLoops(space, { ...tile, rows: rowsOf(tile) }, schedule.order, false);
    return { ...schedule, ...taps, outerReduction: 0, outerBlock: 1, taskLoops: loops };
  }
  if (schedule.outerReduction > 0) return schedule;
  const inLanes = laneTile(space);
  if (inLanes !== undefined) {
    const loops = taskLoops(space, { ...inLanes, vectors: 1 }, schedule.order, false);
    return { ...schedule, rows: inLanes.rows, taskLoops: loops };
  }
  const phases = phaseTile(space);
  if (phases !== undefined) {
    const loops = taskLoops(space, { ...phases, cycles: tile.cycles }, phases.order, false);
    return { ...schedule, ...phases, taskLoops: loops };
  }
  const image =
    imageTile(space, tile) ?? joinedTile(space, tile) ?? rowStreams(space, tile) ?? rowPairs(space);
  if (image !== undefined) {
    const loops = taskLoops(space, { ...image, cycles: tile.cycles }, schedule.order, false);
    return { ...schedule, ...image, taskLoops: loops };
  }
  return { ...schedule, ...squareTile(space, tile) };
}

/** A few close alternatives, the default first, to be timed where it matters. */
export function candidates(nest: Nest, target: Target): Schedule[] {
  const space = tileSpace(nest, target);
  const ranked = rankTiles(space);
  const limit = ranked[0]!.cycles * 1.15;
  const close = ranked.filter((tile) => tile.cycles <= limit).slice(0, 6);
  const usual = usualSchedule(space, ranked[0]!);
  const others = close.map((tile) => scheduleTile(space, tile));
  const [first] = others as [Schedule, ...Schedule[]];
  const isOther = usual.rows.length > first.rows.length || usual.rows[0]?.axis !== first.rows[0]?.axis;
  return isOther ? [usual, ...others] : others;
}

/** Estimated cycles of the nest on one core under its default schedule. */
export function estimateCycles(nest: Nest, target: Target): number {
  const space = tileSpace(nest, target);
  return laneTile(space)?.cycles ?? rankTiles(space)[0]!.cycles;
}

function tileSpace(nest: Nest, target: Target): TileSpace {
  const work = workOf(nest);
  const vectorAxis = chooseVectorAxis(work, target);
  const isSpace = vectorAxis !== undefined && nest.space.includes(vectorAxis);
  const lanePeriod = isSpace ? periodAlong(nest, vectorAxis) : 1;
  const window = unrolledWindow(work, target, vectorAxis);
  const partials = new PartialResults(work, window);
  const order = loopOrder(work, vectorAxis, target);
  return { work, target, vectorAxis, lanePeriod, window, partials, ...order };
}

/** Level 1 is unrolled in registers where its accumulators take at most a third of them. */
function unrolledWindow({ nest, slots }: NestWork, target: Target, vectorAxis: number | undefined): number[] {
  const level = nest.levels[1];
  if (level === undefined || level.lanes || nest.levels[0]!.lanes) return [];
  if (vectorAxis !== undefined && level.axes.includes(vectorAxis)) return [];
  return pointsOf(nest, level.axes) * slots <= target.registers / 2 ? [...level.axes] : [];
}

function scheduleTile(space: TileSpace, tile: Tile): Schedule {
  const { work, target, vectorAxis, window } = space;
  const { nest } = work;
  const order = rowOrder(space, tile.rowAxis);
  const rows = [...rowsOf(tile), ...window.map((axis) => ({ axis, count: nest.axes[axis]!.size }))];
  const outer = chooseOuterReduction(work, target, tile);
  return {
    vectorAxis,
    vectors: tile.vectors,
    rows,
    order,
    taskLoops: taskLoops(space, { ...tile, rows: rowsOf(tile) }, order, outer.outerReduction > 0),
    ...outer,
    unroll: unrollOf(space, tile, outer.outerReduction),
    streaming: storesPastCaches(work, target),
  };
}

function rowsOf({ rowAxis, rows }: Tile): Schedule["rows"] {
  return rowAxis === undefined ? [] : [{ axis: rowAxis, count: rows }];
}

/** Whether stores along the axis are guarded: then it is split where the guards change, and no task loop. */
function isGuarded(nest: Nest, axis: number): boolean {
  return guardsOfLevel(nest, nest.levels.length).some(({ index }) =>
    index.terms.some((term) => term.axis === axis),
  );
}

function taskLoops(
  { work, target, vectorAxis, lanePeriod }: TileSpace,
  tile: Pick<Schedule, "rows" | "vectors"> & Pick<Tile, "cycles">,
  order: readonly number[],
  isSharing: boolean,
): number {
  const { enough, long } = isSharing ? SHARING_TASKS : USUAL_TASKS;
  let tasks = 1;
  let loops = 0;
  for (const axis of order) {
    const isLong = tile.cycles / tasks > long;
    if (loops > 0 && (tasks >= enough || !isLong)) break;
    if (axis === vectorAxis && (lanePeriod > 1 || isGuarded(work.nest, axis))) break;
    const { size } = work.nest.axes[axis]!;
    const rows = tile.rows.find((row) => row.axis === axis);
    const step = axis === vectorAxis ? tile.vectors * target.lanes : (rows?.count ?? 1);
    tasks *= Math.ceil(size / step);
    loops++;
  }
  return loops;
}

/** Short reductions are written out; so is a short innermost loop, where registers do not suffer from it. */
function unrollOf(space: TileSpace, tile: Tile, outerReduction: number): number {
  const { work } = space;
  const level = work.nest.levels[0];
  if (level === undefined || level.lanes) return 1;
  const axes = level.axes.slice(outerReduction);
  const last = axes.at(-1);
  if (last === undefined) return 1;
  if (outerReduction === 0 && isWrittenOut(space, tile)) return pointsOf(work.nest, axes);
  const shared = sharedSteps(space, { ...tile, isLanes: false });
  if (shared > 1) return shared;
  const inner = mergedSize(work, axes, last);
  return isUnrolled(space, tile, inner) ? inner : 1;
}
