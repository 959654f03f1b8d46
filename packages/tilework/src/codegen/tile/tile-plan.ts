/**
 * A schedule made concrete: axes of size 1 dropped, neighbouring axes that are contiguous in every access merged
 * into one (so that an elementwise nest over [B, H, W, C] is one flat loop, and a convolution's s and c one
 * reduction loop). Task loops stay as they are: the runtime counts on their trip counts. What remains is what the
 * emitter loops over.
 */
import type { Schedule, ScheduledNest } from "../../compiler/schedule.ts";
import { lanePeriod } from "../../compiler/scheduling/lane-period.ts";
import { accessForm } from "../../compiler/scheduling/linear-form.ts";
import { mergeRule } from "../../compiler/scheduling/merge-rule.ts";
import type { Target } from "../../compiler/target.ts";
import type { Index } from "../../kernel/index-expression.ts";
import type { Nest } from "../../kernel/nest.ts";

export interface RowAxis {
  readonly axis: number;
  readonly count: number;
}

export interface TilePlan {
  /** By axis; a merged axis carries the product, the one merged away has 1. */
  readonly sizes: readonly number[];
  readonly order: readonly number[];
  /** How many of `order`'s leading loops are tasks. */
  readonly tasks: number;
  readonly vectorAxis: number | undefined;
  /** The level in whose 16 virtual lanes the vector axis lies; -1 when it is a space axis. */
  readonly laneLevel: number;
  readonly vectors: number;
  /**
   * Tables along the vector axis are constants of the code: every tile starts at a multiple of this many points, after
   * which their differences repeat. Undefined where they are looked up.
   */
  readonly lanePeriod: number | undefined;
  /** Space axes tiled in registers. */
  readonly rows: readonly RowAxis[];
  /** Level 1 axes that are unrolled in the register tile. */
  readonly window: readonly RowAxis[];
  /** Axes looped over by each level, without outer and window axes. */
  readonly levels: readonly (readonly number[])[];
  /** Level 0 axes that run outside the tile loops. */
  readonly outer: readonly number[];
  /** Values of the last outer axis that a tile takes in one visit. */
  readonly outerBlock: number;
}

/** Makes a schedule concrete. */
export function planTile({ nest, schedule, target }: ScheduledNest): TilePlan {
  const sizes = nest.axes.map((axis) => axis.size);
  const mergeable = mergeRule(nest);
  const vectorAxis = usableVectorAxis(nest, schedule, sizes);
  const laneLevel = nest.levels.findIndex((level) => level.lanes && level.axes.at(-1) === vectorAxis);
  const window = windowOf(nest, schedule, vectorAxis);
  const rows = schedule.rows.filter(
    ({ axis, count }) => nest.space.includes(axis) && axis !== vectorAxis && count > 1 && sizes[axis]! > 1,
  );
  const laneAxes = nest.levels.flatMap((level) => (level.lanes ? level.axes.slice(-1) : []));
  const merge = (axes: readonly number[], mayGo: (axis: number, into: number) => boolean): number[] => {
    const kept: number[] = [];
    for (const axis of axes) {
      if (sizes[axis] === 1 && !laneAxes.includes(axis)) continue;
      const last = kept.at(-1);
      if (last !== undefined && mayGo(last, axis) && mergeable(last, axis, sizes)) {
        sizes[axis]! *= sizes[last]!;
        sizes[last] = 1;
        kept.pop();
      }
      kept.push(axis);
    }
    return kept;
  };
  const mayGoSpace = (axis: number): boolean => axis !== vectorAxis && rows.every((row) => row.axis !== axis);
  const taskAxes = schedule.order.slice(0, schedule.taskLoops).filter((axis) => sizes[axis]! > 1);
  const rest = merge(schedule.order.slice(schedule.taskLoops), mayGoSpace);
  const outerCount = maySplit(nest) ? schedule.outerReduction : 0;
  const outer = merge(nest.levels[0]?.axes.slice(0, outerCount) ?? [], () => true);
  const levels = nest.levels.map((level, depth) => {
    const axes = level.axes.slice(depth === 0 ? outerCount : 0);
    const looped = axes.filter((axis) => window.every((row) => row.axis !== axis));
    const laneAxis = level.lanes ? level.axes.at(-1) : undefined;
    return merge(looped, (axis, into) => axis !== laneAxis && (into !== laneAxis || sizes[into]! % 16 === 0));
  });
  return {
    sizes,
    order: [...taskAxes, ...rest],
    tasks: taskAxes.length,
    vectorAxis,
    laneLevel,
    vectors: Math.max(1, schedule.vectors),
    lanePeriod: laneLevel < 0 ? lanePeriodOf(nest, schedule, target, vectorAxis) : undefined,
    rows: rows.map(({ axis, count }) => ({ axis, count: Math.min(count, sizes[axis]!) })),
    window,
    levels,
    outer,
    outerBlock: Math.max(1, schedule.outerBlock ?? 1),
  };
}

/** Undefined where some tile would start within a period. */
function lanePeriodOf(
  nest: Nest,
  schedule: Schedule,
  { lanes }: Target,
  axis: number | undefined,
): number | undefined {
  if (axis === undefined) return undefined;
  const period = lanePeriod(nest, axis);
  if (period === 1) return 1;
  const tile = Math.max(1, schedule.vectors) * lanes;
  const { size } = nest.axes[axis]!;
  const isTask = schedule.order.indexOf(axis) < schedule.taskLoops;
  const splits = nest.guards.some(
    ({ index, size: limit }) =>
      index.terms.every((term) => term.axis === axis) && beginsWithin(index, limit, size, period),
  );
  return (size <= tile || tile % period === 0) && !isTask && !splits ? period : undefined;
}

/** Whether a guard on the axis alone begins to hold anywhere but at a multiple of the period. */
function beginsWithin(index: Index, size: number, points: number, period: number): boolean {
  for (let value = 1; value < points; value++)
    if (value % period !== 0 && !holds(index, size, value - 1) && holds(index, size, value)) return true;
  return false;
}

function holds(index: Index, size: number, value: number): boolean {
  const at = index.terms.reduce(
    (sum, term) => sum + ("table" in term ? term.table[value]! : term.stride * value),
    index.offset,
  );
  return at >= 0 && at < size;
}

/** Whether partial results may wait in the output buffers: plain stores of one level's float32 results. */
function maySplit({ levels, stores, buffers }: Nest): boolean {
  const [level] = levels;
  return (
    level !== undefined &&
    levels.length === 1 &&
    !level.lanes &&
    stores.every(({ value }) => value.kind === "accumulator") &&
    level.reductions.every(({ op }, slot) => {
      const own = stores.find(({ value }) => value.kind === "accumulator" && value.slot === slot);
      return op !== "argmax" && own !== undefined && buffers[own.buffer]!.dtype === "float32";
    })
  );
}

const MOST_CHANGES = 8;

/** How often a guard on one axis changes between true and false along it. */
function changes(index: Index, size: number, points: number): number {
  let count = 0;
  for (let value = 1; value < points; value++)
    if (holds(index, size, value) !== holds(index, size, value - 1)) count++;
  return count;
}

/** The vector axis, unless a guard would have to mask stores: it can only be resolved by splitting the axis. */
function usableVectorAxis(nest: Nest, schedule: Schedule, sizes: readonly number[]): number | undefined {
  const axis = schedule.vectorAxis;
  if (axis === undefined) return undefined;
  const isLast = nest.levels.some((level) => level.lanes && level.axes.at(-1) === axis);
  if (isLast) return axis;
  if (!nest.space.includes(axis) || sizes[axis] === 1) return undefined;
  const accesses = nest.stores.map(({ buffer, index }) =>
    accessForm(nest.buffers[buffer]!, index, nest.axes.length),
  );
  if (accesses.some(({ tables }) => tables.some((term) => term.axis === axis))) return undefined;
  const isTask = schedule.order.indexOf(axis) < schedule.taskLoops;
  const masksStores = nest.guards.some(({ index, size }) => {
    const axes = new Set(index.terms.map((term) => term.axis));
    if (!axes.has(axis) || ![...axes].every((each) => nest.space.includes(each))) return false;
    return isTask || axes.size > 1 || changes(index, size, sizes[axis]!) > MOST_CHANGES;
  });
  return masksStores ? undefined : axis;
}

/** The level 1 axes that are unrolled: fully covered ones, from the last axis on. */
function windowOf(nest: Nest, schedule: Schedule, vectorAxis: number | undefined): RowAxis[] {
  const level = nest.levels[1];
  if (level === undefined || level.lanes) return [];
  const window: RowAxis[] = [];
  for (const axis of [...level.axes].reverse()) {
    const row = schedule.rows.find((each) => each.axis === axis);
    const size = nest.axes[axis]!.size;
    if (axis === vectorAxis || (size > 1 && (row === undefined || row.count < size))) break;
    window.unshift({ axis, count: size });
  }
  return window;
}
