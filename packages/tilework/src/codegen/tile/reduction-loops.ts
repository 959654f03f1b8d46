/**
 * The loops of a reduction level over the register tile. Guards become loop bounds: a run of an axis' values in
 * which every guard treats every point of the tile alike is one loop over just the points that take part; a
 * guard that ties the axis to an outer loop gives bounds from a table. Only what neither resolves is tested at
 * run time.
 */
import type { Condition } from "./condition.ts";
import type { Emission, Frame, Point } from "./emission.ts";
import { emitWhere } from "./integer-value.ts";
import { decide } from "./interval.ts";
import { lanesWhere } from "./lane-offsets.ts";
import { variesByLane } from "./lane-vector.ts";
import { withFixed, withFixedAxes, withLoop, withShift, withTilePoints } from "./loops.ts";
import { type Iteration, sharedRuns } from "./shared-runs.ts";
import { type Skew, skewOf } from "./skew.ts";
import { isWrittenOut } from "./split-axis.ts";

/** Emits one iteration for the points that may take part; `virtual` is the virtual lane it belongs to. */
export type Leaf = (points: readonly Point[], virtual: number) => void;

/** Blocks of 16 lanes that each walk takes before the next one. */
const WALK = 16;
const MOST_RUNS = 24;
const MOST_VALUES = 512;

/** Emits all iterations of a level's axes, in order. */
export function emitReduction(e: Emission, level: number, points: readonly Point[], leaf: Leaf): void {
  const axes = e.plan.levels[level]!;
  const loops = new ReductionLoops(e, level, axes, leaf);
  const blocked = level === 0 ? e.plan.outer.at(-1) : undefined;
  if (blocked === undefined) loops.emit(0, points, 0);
  else withTilePoints(e, blocked, e.block, () => loops.emit(0, points, 0));
}

/** The guards that decide whether a point takes part in an iteration of a level. */
export function guardsOf(e: Emission, level: number): Condition[] {
  return e.guards.filter((guard) => guard.level >= level || guard.level === -1);
}

/** Whether a condition differs between points of the tile or lanes of a vector. */
export function isTileWide(e: Emission, { axes }: Condition): boolean {
  if (e.plan.vectorAxis !== undefined && (axes >> e.plan.vectorAxis) & 1) return true;
  return [...e.extents.keys()].some((axis) => (axes >> axis) & 1);
}

class ReductionLoops {
  readonly #e: Emission;
  readonly #axes: readonly number[];
  readonly #leaf: Leaf;
  readonly #guards: readonly Condition[];
  readonly #isLaneLevel: boolean;
  readonly #hasLanes: boolean;
  readonly #unroll: readonly number[];
  /** No loops: the first iteration starts a maximum, and a loop has none that is the first. */
  readonly #isStraight: boolean;
  readonly #skew: Skew | undefined;

  constructor(e: Emission, level: number, axes: readonly number[], leaf: Leaf) {
    this.#e = e;
    this.#axes = axes;
    this.#leaf = leaf;
    this.#guards = guardsOf(e, level);
    this.#hasLanes = e.nest.levels[level]!.lanes;
    this.#isLaneLevel = e.plan.laneLevel === level;
    this.#unroll = unrollOf(e, axes);
    this.#isStraight = level === 0 && isWrittenOut(e);
    this.#skew = skewOf(e, axes);
  }

  emit(at: number, points: readonly Point[], virtual: number): void {
    const e = this.#e;
    if (at === 0 && this.#isStraight && this.#emitByPlace(points)) return;
    const active = points.filter((point) => this.#guards.every((guard) => decide(e, guard, point) !== false));
    const [first] = active;
    if (first === undefined) return;
    const open = this.#guards.filter(
      (guard) => this.#isBound(guard) && !isTileWide(e, guard) && decide(e, guard, first) === undefined,
    );
    emitWhere(e, open, first, () => {
      if (at === this.#axes.length) this.#leaf(active, virtual);
      else this.#emitAxis(at, active);
    });
  }

  #isBound({ axes }: Condition): boolean {
    return this.#e.plan.sizes.every(
      (size, axis) =>
        !((axes >> axis) & 1) || size === 1 || this.#e.frameOf(axis) >= 0 || this.#e.extents.has(axis),
    );
  }

  #emitAxis(at: number, points: readonly Point[]): void {
    const e = this.#e;
    const axis = this.#axes[at]!;
    const inner = (virtual = 0): void => this.emit(at + 1, points, virtual);
    if (this.#hasLanes && at === this.#axes.length - 1) {
      if (this.#isLaneLevel) this.#emitLanes(axis, points.length, inner);
      else this.#emitVirtualLanes(axis, inner);
      return;
    }
    if (this.#skew?.axis === axis && this.#emitSkewed(this.#skew, at, points)) return;
    if (!this.#isStraight && this.#emitTableBounds(axis, points, inner)) return;
    for (const { start, size } of this.#runs(axis, points))
      emitRun(e, axis, start, size, this.#unroll[at]!, inner);
  }

  /** Written out in the order of what rows read; false where the axis stays a loop or guards are tested at run time. */
  #emitSkewed({ axis, row, step }: Skew, at: number, points: readonly Point[]): boolean {
    const e = this.#e;
    const size = e.plan.sizes[axis]!;
    if (this.#unroll[at]! < size || !this.#isDecided(axis, points)) return false;
    const outer = e.builder.sharing;
    e.builder.sharing = true;
    const last = Math.max(...points.map(({ offsets }) => offsets[row]!));
    for (let place = 0; place < size + step * last; place++)
      for (const point of points) {
        const tap = place - step * point.offsets[row]!;
        if (tap >= 0 && tap < size) withFixed(e, axis, tap, () => this.emit(at + 1, [point], 0));
      }
    e.builder.sharing = outer;
    return true;
  }

  /** All iterations in the order of what they read; false where points of the tile share nothing that is known here. */
  #emitByPlace(points: readonly Point[]): boolean {
    const e = this.#e;
    const runs = sharedRuns(e, { axes: this.#axes, guards: this.#guards, points });
    if (runs === undefined) return false;
    const outer = e.builder.sharing;
    e.builder.sharing = true;
    for (const [first, ...others] of runs) {
      const depth = e.frames.length;
      const emitOne = ({ values, point }: Iteration): void =>
        withFixedAxes(e, this.#axes, values, () => this.#leaf([point], 0));
      withFixedAxes(e, this.#axes, first!.values, () =>
        emitWhere(e, first!.open, first!.point, () => {
          const own = e.frames.splice(depth);
          for (const iteration of [first!, ...others]) emitOne(iteration);
          e.frames.push(...own);
        }),
      );
    }
    e.builder.sharing = outer;
    return true;
  }

  /** Whether all guards that touch the axis are known for each of its values. */
  #isDecided(axis: number, points: readonly Point[]): boolean {
    const e = this.#e;
    const touching = this.#guards.filter(({ axes }) => (axes >> axis) & 1);
    for (let value = 0; value < e.plan.sizes[axis]!; value++) {
      e.frames.push(probe(axis, value));
      const open = touching.some((guard) => points.some((point) => decide(e, guard, point) === undefined));
      e.frames.pop();
      if (open) return false;
    }
    return true;
  }

  /** 16 elements an iteration in 16 / lanes registers; a last iteration for the rest. */
  #emitLanes(axis: number, points: number, inner: () => void): void {
    const e = this.#e;
    const size = e.plan.sizes[axis]!;
    const outer = e.actives;
    e.actives = new Array<number>(16 / e.lanes).fill(e.lanes);
    const blocks = Math.floor(size / 16);
    const isApart = e.actives.length === 4 && points > 1;
    const run = isApart && blocks >= 2 * WALK ? WALK : blocks;
    const walks = (body: () => void): void => (isApart ? this.#emitWalks(body) : body());
    this.#emitBlocks(axis, 0, { count: run === blocks ? 1 : Math.floor(blocks / run), run }, walks, inner);
    const left = run === 0 ? 0 : blocks % run;
    this.#emitBlocks(axis, (blocks - left) * 16, { count: 1, run: left }, walks, inner);
    const rest = size % 16;
    if (rest > 0) {
      const registers = Math.ceil(rest / e.lanes);
      e.actives = Array.from({ length: registers }, (_, at) => Math.min(e.lanes, rest - at * e.lanes));
      walks(() => withFixed(e, axis, blocks * 16, inner));
    }
    e.actives = outer;
  }

  /** `count` times `run` blocks of 16 elements from `start` on, each of the runs in walks. */
  #emitBlocks(
    axis: number,
    start: number,
    { count, run }: { readonly count: number; readonly run: number },
    walks: (body: () => void) => void,
    inner: () => void,
  ): void {
    const e = this.#e;
    if (run === 0) return;
    const end = start + (run - 1) * 16;
    if (count > 1) {
      const step = run * 16;
      const last = (count - 1) * step;
      const within = { axis, start: 0, step: 16, low: start, high: end + last, relative: true };
      withLoop(e, { axis, start, step, low: start, high: start + last }, count, () =>
        walks(() => withLoop(e, within, run, inner)),
      );
    } else
      walks(() => {
        if (run === 1) withFixed(e, axis, start, inner);
        else withLoop(e, { axis, start, step: 16, low: start, high: end }, run, inner);
      });
  }

  /**
   * Where 16 virtual lanes are four registers, a tile of several points takes one of them a walk: so its accumulators
   * stay in registers, and what is loaded serves all points.
   */
  #emitWalks(body: () => void): void {
    const e = this.#e;
    for (let lane = 0; lane < e.actives.length; lane++) {
      e.walk = lane;
      body();
    }
    e.walk = undefined;
  }

  /** The same with one accumulator for each of the 16 lanes. */
  #emitVirtualLanes(axis: number, inner: (virtual: number) => void): void {
    const e = this.#e;
    const size = e.plan.sizes[axis]!;
    const blocks = Math.floor(size / 16);
    const range = { axis, start: 0, step: 16, low: 0, high: (blocks - 1) * 16 };
    if (blocks > 0)
      withLoop(e, range, blocks, () => {
        for (let lane = 0; lane < 16; lane++) withShift(e, axis, lane, 16, () => inner(lane));
      });
    for (let lane = 0; lane < size % 16; lane++) withFixed(e, axis, blocks * 16 + lane, () => inner(lane));
  }

  /** Runs of values that all conditions treat alike at every point. */
  #runs(axis: number, points: readonly Point[]): { start: number; size: number }[] {
    const e = this.#e;
    const size = e.plan.sizes[axis]!;
    const touching = [...this.#guards, ...e.graph.fills].filter(({ axes }) => (axes >> axis) & 1);
    if (touching.length === 0 || size > MOST_VALUES) return size === 0 ? [] : [{ start: 0, size }];
    const found: { start: number; size: number; signature: string }[] = [];
    for (let value = 0; value < size; value++) {
      e.frames.push(probe(axis, value));
      const signature = touching
        .map((condition) => points.map((point) => this.#signature(condition, point)).join(""))
        .join();
      e.frames.pop();
      const last = found.at(-1);
      if (last?.signature === signature) last.size++;
      else found.push({ start: value, size: 1, signature });
    }
    return found.length > MOST_RUNS ? [{ start: 0, size }] : found;
  }

  /** How a condition treats a point: all lanes alike, or, where they differ in a known way, lane by lane. */
  #signature(condition: Condition, point: Point): string {
    const e = this.#e;
    const whole = decide(e, condition, point);
    if (whole !== undefined || !variesByLane(e, condition.axes)) return String(whole)[0]!;
    const lanes = e.actives.map((_, lane) => lanesWhere(e, [condition], point, lane));
    if (lanes.includes(undefined)) return "u";
    return lanes.map((holds) => holds!.map(Number).join("")).join("");
  }

  /** A loop whose first value and count are looked up by the value of one outer axis. */
  #emitTableBounds(axis: number, points: readonly Point[], inner: () => void): boolean {
    const e = this.#e;
    const touching = [...this.#guards, ...e.graph.fills].filter(({ axes }) => (axes >> axis) & 1);
    const open = touching.filter((guard) => decide(e, guard, points[0]) === undefined);
    const [some] = open;
    if (some === undefined || touching.some((guard) => isTileWide(e, guard))) return false;
    const outer = some.index.terms.map((term) => term.axis).find((each) => each !== axis);
    if (outer === undefined || !open.every(({ axes }) => axes === ((1 << axis) | (1 << outer)))) return false;
    const at = e.frameOf(outer);
    if (at < 0 || !open.every((guard) => this.#guards.includes(guard))) return false;
    const bounds = validRanges(e, open, axis, outer, e.frames[at]!);
    if (bounds === undefined) return false;
    const value = e.valueAt(at);
    const scope = e.frames[at]!.body;
    const first = e.tableEntry(value, scope, bounds.first);
    const register = e.tableEntry(value, scope, bounds.count);
    for (const guard of open) e.assumed.add(guard);
    const range = { axis, start: 0, step: 1, low: bounds.low, high: bounds.high };
    withLoop(e, range, { register }, inner, first);
    for (const guard of open) e.assumed.delete(guard);
    return true;
  }
}

/** Iterations written out, by axis: the innermost axes in full as far as the schedule's number goes. */
function unrollOf(e: Emission, axes: readonly number[]): number[] {
  let left = Math.max(1, e.scheduled.schedule.unroll);
  const unroll = new Array<number>(axes.length).fill(1);
  for (let at = axes.length - 1; at >= 0 && left > 1; at--) {
    const size = e.plan.sizes[axes[at]!]!;
    unroll[at] = Math.min(size, left);
    left = size > left ? 1 : Math.floor(left / size);
  }
  return unroll;
}

/** The iterations start … start + size - 1 of an axis, `unroll` of them written out in a row. */
export function emitRun(
  e: Emission,
  axis: number,
  start: number,
  size: number,
  unroll: number,
  inner: () => void,
): void {
  const blocks = size <= unroll ? 0 : Math.floor(size / unroll);
  const high = start + (blocks - 1) * unroll;
  const body = (): void => {
    if (unroll === 1) inner();
    else for (let shift = 0; shift < unroll; shift++) withShift(e, axis, shift, unroll, inner);
  };
  if (blocks > 0) withLoop(e, { axis, start, step: unroll, low: start, high }, blocks, body);
  const rest = start + blocks * unroll;
  for (let value = rest; value < start + size; value++)
    withFixed(e, axis, value, inner, { first: rest - value, count: start + size - rest });
}

function probe(axis: number, value: number): Frame {
  const nowhere = {
    statements: [],
    depth: 0,
    parent: undefined,
    values: new Map(),
    integers: new Map(),
    loads: new Map(),
  };
  return {
    axis,
    low: value,
    high: value,
    kind: "fixed",
    start: value,
    step: 1,
    first: undefined,
    counter: undefined,
    before: nowhere,
    body: nowhere,
    tail: [],
    pointers: new Map(),
    strided: new Map(),
  };
}

/** For each value of `outer`, the run of values of `axis` that all guards admit; undefined where it is no run. */
function validRanges(
  e: Emission,
  guards: readonly Condition[],
  axis: number,
  outer: number,
  frame: Frame,
): { first: number[]; count: number[]; low: number; high: number } | undefined {
  const size = e.plan.sizes[axis]!;
  const first: number[] = [];
  const count: number[] = [];
  let [low, high] = [size - 1, 0];
  for (let value = 0; value < e.plan.sizes[outer]!; value++) {
    const valid: number[] = [];
    for (let at = 0; at < size; at++)
      if (guards.every((guard) => holdsAt(guard, axis, at, outer, value))) valid.push(at);
    const start = valid[0] ?? 0;
    const last = valid.at(-1) ?? start;
    if (valid.length > 0 && last - start + 1 !== valid.length) return undefined;
    first.push(start);
    count.push(valid.length);
    if (valid.length === 0 || value < frame.low || value > frame.high) continue;
    low = Math.min(low, start);
    high = Math.max(high, last);
  }
  return { first, count, low: Math.min(low, high), high };
}

function holdsAt(
  { index, size }: Condition,
  axis: number,
  at: number,
  outer: number,
  value: number,
): boolean {
  let sum = index.offset;
  for (const term of index.terms) {
    const point = term.axis === axis ? at : term.axis === outer ? value : 0;
    sum += "table" in term ? term.table[point]! : term.stride * point;
  }
  return sum >= 0 && sum < size;
}
