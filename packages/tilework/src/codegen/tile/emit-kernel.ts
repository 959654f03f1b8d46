/**
 * Turns a scheduled nest into kernel code: tasks, loops over tiles, one register tile after the other.
 *
 * The nest must have been verified: nothing here checks an access again.
 */
import type { ScheduledNest } from "../../compiler/schedule.ts";
import type { KernelCode } from "../kernel-code.ts";
import { Emission } from "./emission.ts";
import { emitTile } from "./emit-tile.ts";
import { withFixed, withIndex, withLoop, withTilePoints } from "./loops.ts";
import { type Group, spaceGroups, tileCount } from "./split-axis.ts";

/**
 * Kernel code of a verified nest. Tasks are numbered as the schedule says, the last task loop fastest. Argument slots: the nest's buffers in order, then the
 * tables.
 */
export function emitKernel(scheduled: ScheduledNest): KernelCode {
  const e = new Emission(scheduled);
  emitTasks(e);
  const { builder } = e;
  return {
    name: e.nest.name,
    lanes: scheduled.target.lanes,
    buffers: e.nest.buffers.length,
    tables: builder.tables,
    integers: builder.integers,
    vectors: builder.vectors,
    body: builder.root.statements,
  };
}

function taskGroups(e: Emission): Group[][] {
  return e.plan.order.slice(0, e.plan.tasks).map((axis) => spaceGroups(e, axis));
}

function emitTasks(e: Emission): void {
  const { builder } = e;
  const begin = builder.integer();
  builder.emit({ op: "begin", to: begin });
  const end = builder.integer();
  builder.emit({ op: "end", to: end });
  const groups = taskGroups(e);
  if (groups.length === 1) return emitTaskRange(e, groups[0]!, begin, end);
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
    const inner = (): void => withTilePoints(e, axis, pointsOf(e, axis, size), () => emitSpace(e, 1));
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
  if (at === groups.length) return emitSpace(e, at);
  const axis = e.plan.order[at]!;
  const index = indices[at]!;
  const choose = (which: number, first: number): void => {
    const group = groups[at]![which]!;
    const last = first + group.tiles;
    const body = (): void => {
      setExtent(e, axis, group);
      const { start, size, tiles } = group;
      const next = (): void => emitTaskAxis(e, at + 1, groups, indices);
      const inner = (): void => withTilePoints(e, axis, pointsOf(e, axis, size), next);
      if (tiles === 1) return withFixed(e, axis, start, inner);
      const high = start + (tiles - 1) * size;
      withIndex(e, { axis, start: start - first * size, step: size, low: start, high }, index, inner);
    };
    if (which === groups[at]!.length - 1) return body();
    const yes = e.builder.block(body);
    const no = e.builder.block(() => choose(which + 1, last));
    e.builder.emit({ op: "if", x: index, compare: "lt", y: last, yes, no });
  };
  choose(0, 0);
}

/** The loops behind the task loops: outer reduction axes first, then the other space axes. */
function emitSpace(e: Emission, depth: number): void {
  if (depth === e.plan.tasks) return emitOuter(e, 0);
  emitSpaceAxis(e, depth);
}

function emitOuter(e: Emission, at: number): void {
  const axis = e.plan.outer[at];
  if (axis === undefined) return emitSpaceAxis(e, e.plan.tasks);
  const size = e.plan.sizes[axis]!;
  if (size === 1) return withFixed(e, axis, 0, () => emitOuter(e, at + 1));
  withLoop(e, { axis, start: 0, step: 1, low: 0, high: size - 1 }, size, () => emitOuter(e, at + 1));
}

function emitSpaceAxis(e: Emission, depth: number): void {
  const axis = e.plan.order[depth];
  if (axis === undefined) return emitTile(e);
  for (const group of spaceGroups(e, axis)) {
    setExtent(e, axis, group);
    const { start, size, tiles } = group;
    const inner = (): void => emitSpaceAxis(e, depth + 1);
    const range = { axis, start, step: size, low: start, high: start + (tiles - 1) * size };
    if (tiles === 1) withFixed(e, axis, start, inner);
    else withLoop(e, range, tiles, inner);
  }
}

/** The points of a tile that are neither rows nor lanes and so are looped over. */
function pointsOf(e: Emission, axis: number, size: number): number {
  return axis === e.plan.vectorAxis || e.extents.has(axis) ? 1 : size;
}

/** The rows or the active lanes of the tiles of a group. */
function setExtent(e: Emission, axis: number, { size }: Group): void {
  if (axis === e.plan.vectorAxis) {
    const registers = Math.ceil(size / e.lanes);
    e.actives = Array.from({ length: registers }, (_, at) => Math.min(e.lanes, size - at * e.lanes));
  } else if (e.plan.rows.some((row) => row.axis === axis)) e.extents.set(axis, size);
}
