/**
 * Reductions that stand without loops, in the order of what they read. Points of a tile that fold the same elements
 * with different taps, as the pixels under overlapping windows do, then share their loads while these are in registers.
 * Each point keeps the order of its own elements, so no bit changes.
 */
import type { Index } from "../../kernel/index-expression.ts";
import type { Condition } from "./condition.ts";
import type { Emission, Point } from "./emission.ts";
import { decide } from "./interval.ts";
import { variesByLane } from "./lane-vector.ts";
import { withFixedAxes } from "./loops.ts";
import type { Node, NodeReduction } from "./value-graph.ts";

/** One point's fold of one element. */
export interface Iteration {
  /** By reduction axis. */
  readonly values: readonly number[];
  readonly point: Point;
  /** What is tested at run time. */
  readonly open: readonly Condition[];
}

interface Placed extends Iteration {
  readonly place: number;
  /** What is tested, as it is at this iteration. */
  readonly test: string;
}

type LoadNode = Extract<Node, { kind: "load" }>;

interface Reduced {
  readonly axes: readonly number[];
  readonly guards: readonly Condition[];
  readonly points: readonly Point[];
}

const MOST_ITERATIONS = 1000;

/**
 * The iterations of a nest's only level in the order of memory, in runs that the same tests guard; undefined where
 * points share nothing, where that would change the order of a point's elements, or where registers are few.
 */
export function sharedRuns(e: Emission, reduced: Reduced): readonly (readonly Iteration[])[] | undefined {
  const { axes, guards, points } = reduced;
  if (e.scheduled.target.printer === "wasm" || points.length < 2) return undefined;
  if (e.nest.levels.length !== 1 || e.plan.outer.length > 0) return undefined;
  const reductions = e.graph.reductions[0]!;
  const loads = new Set<LoadNode>();
  for (const reduction of reductions) for (const node of valuesOf(reduction)) collectLoads(node, loads);
  const [load, ...others] = loads;
  if (reductions.some(isPlain) || load === undefined || [load, ...others].some(isConditional))
    return undefined;
  const count = axes.reduce((product, axis) => product * e.plan.sizes[axis]!, points.length);
  const indices = [load.access.linear, ...guards.map(({ index }) => index)];
  if (count > MOST_ITERATIONS || !indices.every((index) => isKnown(e, axes, index))) return undefined;
  const found: Placed[] = [];
  for (const values of combinations(axes.map((axis) => e.plan.sizes[axis]!)))
    withFixedAxes(e, axes, values, () => {
      for (const point of points) {
        const decisions = guards.map((guard) => decide(e, guard, point));
        if (decisions.includes(false)) continue;
        const open = guards.filter((_, at) => decisions[at] === undefined);
        const test = open.map((guard) => `${guards.indexOf(guard)}:${placeOf(e, guard.index, point)}`).join();
        found.push({ values, point, open, test, place: placeOf(e, load.access.linear, point) });
      }
    });
  if (found.some(({ open }) => open.some((guard) => variesByLane(e, guard.axes)))) return undefined;
  if (new Set(found.map(({ place }) => place)).size === found.length || !isAscending(found)) return undefined;
  return runsOf(found.sort((x, y) => x.place - y.place));
}

function runsOf(sorted: readonly Placed[]): Placed[][] {
  const runs: Placed[][] = [];
  for (const iteration of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last[0]!.test === iteration.test) last.push(iteration);
    else runs.push([iteration]);
  }
  return runs;
}

/** Whether each point reads memory forwards. */
function isAscending(iterations: readonly Placed[]): boolean {
  const last = new Map<Point, number>();
  return iterations.every(({ point, place }) => {
    const isLater = place > (last.get(point) ?? Number.NEGATIVE_INFINITY);
    last.set(point, place);
    return isLater;
  });
}

/** Whether it is known here what tables add, along the axes that tell iterations apart. */
function isKnown(e: Emission, axes: readonly number[], { terms }: Index): boolean {
  return terms.every((term) => {
    const { axis } = term;
    if (!("table" in term)) return true;
    if (axis === e.plan.vectorAxis) return false;
    if (axes.includes(axis) || !e.extents.has(axis)) return true;
    const frame = e.frames[e.frameOf(axis)];
    return frame === undefined || frame.low === frame.high;
  });
}

/** The index but for what all iterations of a tile have in common. */
function placeOf(e: Emission, { terms }: Index, point: Point): number {
  let place = 0;
  for (const term of terms) {
    const at = e.frameOf(term.axis);
    const frame = at < 0 ? undefined : e.frames[at]!;
    const start = frame === undefined || frame.low !== frame.high ? 0 : frame.low;
    const isApart = e.extents.has(term.axis) || (frame !== undefined && frame.low === frame.high);
    const value = start + (point.offsets[term.axis] ?? 0);
    if (isApart) place += "table" in term ? term.table[value]! : term.stride * value;
  }
  return place;
}

function valuesOf(reduction: NodeReduction): Node[] {
  return reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value];
}

/** Whether each load is used just once, as an instruction's operand in memory. */
function isPlain({ op, value }: NodeReduction): boolean {
  if (value.kind !== "operation") return true;
  return op === "add" && value.expression.kind === "binary" && value.expression.op === "mul";
}

function isConditional({ fill, access }: LoadNode): boolean {
  return fill !== undefined || access.dynamic.length > 0;
}

function collectLoads(node: Node, found: Set<LoadNode>): void {
  if (node.kind === "load") found.add(node);
  else if (node.kind === "operation") for (const operand of node.operands) collectLoads(operand, found);
}

/** All values of some axes, the last axis fastest. */
function combinations(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (found, size) =>
      found.flatMap((prefix) => Array.from({ length: size }, (_, value) => [...prefix, value])),
    [[]],
  );
}
