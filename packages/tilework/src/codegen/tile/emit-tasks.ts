/** The task loops: from the range of tasks that the kernel is called with to the values of the task axes. */
import type { Emission } from "./emission.ts";
import { emitLoops, pointsOf, setExtent } from "./emit-loops.ts";
import { withFixed, withIndex, withLoop, withTilePoints } from "./loops.ts";
import { type Group, spaceGroups, tileCount } from "./split-axis.ts";

/** Emits the loop over the kernel's tasks. */
export function emitTasks(e: Emission): void {
  const { builder } = e;
  const begin = builder.integer();
  builder.emit({ op: "begin", to: begin });
  const end = builder.integer();
  builder.emit({ op: "end", to: end });
  const groups = e.plan.order.slice(0, e.plan.tasks).map((axis) => spaceGroups(e, axis));
  if (groups.length === 1) emitTaskRange(e, groups[0]!, begin, end);
  else emitTaskLoop(e, groups, begin, end);
}

/** One iteration a task, which finds the index of each task axis by division. */
function emitTaskLoop(e: Emission, groups: readonly Group[][], begin: number, end: number): void {
  const { builder } = e;
  const register = emitDifference(e, begin, end);
  const counter = builder.integer();
  const body = builder.block(() => {
    const task = builder.integer();
    builder.emit({ op: "addIntegers", to: task, x: begin, y: counter });
    const indices = emitIndices(e, task, groups.map(tileCount));
    emitTaskAxis(e, 0, groups, indices);
  });
  builder.emit({ op: "loop", counter, count: { register }, body });
}

/** end - begin */
function emitDifference(e: Emission, begin: number, end: number): number {
  const negative = e.builder.integer();
  e.builder.emit({ op: "scale", to: negative, x: begin, value: -1 });
  const difference = e.builder.integer();
  e.builder.emit({ op: "addIntegers", to: difference, x: end, y: negative });
  return difference;
}

/** A single task loop runs straight from `begin` to `end`, group by group. */
function emitTaskRange(e: Emission, groups: readonly Group[], begin: number, end: number): void {
  const { builder } = e;
  const axis = e.plan.order[0]!;
  let first = 0;
  for (const group of groups) {
    const last = first + group.tiles;
    const from = clampFrom(e, begin, "atLeast", first);
    const to = clampFrom(e, end, "atMost", last);
    const length = emitDifference(e, from, to);
    const register = clampFrom(e, length, "atLeast", 0);
    setExtent(e, axis, group);
    const { start, size } = group;
    const high = start + (group.tiles - 1) * size;
    const inner = (): void => withTilePoints(e, axis, pointsOf(e, axis, size), () => emitLoops(e));
    if (group.tiles === 1) {
      const body = builder.block(() => withFixed(e, axis, start, inner));
      builder.emit({ op: "if", x: register, compare: "ne", y: 0, yes: body, no: [] });
    } else {
      const scaled = builder.integer();
      builder.emit({ op: "scale", to: scaled, x: from, value: size });
      const range = { axis, start: start - first * size, step: size, low: start, high };
      withLoop(e, range, { register }, inner, scaled);
    }
    first = last;
  }
}

function clampFrom(e: Emission, x: number, op: "atLeast" | "atMost", value: number): number {
  const to = e.builder.integer();
  e.builder.emit({ op, to, x, value });
  return to;
}

/** The index of each task loop, the last one fastest. */
function emitIndices(e: Emission, task: number, counts: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = task;
  for (let at = counts.length - 1; at >= 1; at--) {
    const [index, next] = [e.builder.integer(), e.builder.integer()];
    e.builder.emit({ op: "remainder", to: index, x: rest, value: counts[at]! });
    e.builder.emit({ op: "divide", to: next, x: rest, value: counts[at]! });
    indices[at] = index;
    rest = next;
  }
  if (counts.length > 0) indices[0] = rest;
  return indices;
}

function emitTaskAxis(
  e: Emission,
  at: number,
  groups: readonly (readonly Group[])[],
  indices: readonly number[],
): void {
  const axis = e.plan.order[at];
  if (at === groups.length || axis === undefined) {
    emitLoops(e);
    return;
  }
  const index = indices[at]!;
  const choose = (which: number, first: number): void => {
    const group = groups[at]![which]!;
    const last = first + group.tiles;
    const body = (): void => {
      setExtent(e, axis, group);
      const { start, size, tiles } = group;
      const next = (): void => emitTaskAxis(e, at + 1, groups, indices);
      const inner = (): void => withTilePoints(e, axis, pointsOf(e, axis, size), next);
      const range = {
        axis,
        start: start - first * size,
        step: size,
        low: start,
        high: start + (tiles - 1) * size,
      };
      if (tiles === 1) withFixed(e, axis, start, inner);
      else withIndex(e, range, index, inner);
    };
    if (which === groups[at]!.length - 1) {
      body();
      return;
    }
    const yes = e.builder.block(body);
    const no = e.builder.block(() => choose(which + 1, last));
    e.builder.emit({ op: "if", x: index, compare: "lt", y: last, yes, no });
  };
  choose(0, 0);
}
