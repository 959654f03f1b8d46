/** The loops inside a task: outer reduction axes first, then the other space axes, then the register tile. */
import type { Emission } from "./emission.ts";
import { emitTile } from "./emit-tile.ts";
import { withFixed, withLoop } from "./loops.ts";
import { type Group, spaceGroups } from "./split-axis.ts";

/** Emits all that one task does. */
export function emitLoops(e: Emission): void {
  emitOuter(e, 0);
}

function emitOuter(e: Emission, at: number): void {
  const axis = e.plan.outer[at];
  if (axis === undefined) {
    emitSpaceAxis(e, wholeRowsFirst(e));
    return;
  }
  const size = e.plan.sizes[axis]!;
  const inner = (): void => emitOuter(e, at + 1);
  const isBlocked = at === e.plan.outer.length - 1 && !e.graph.tableAxes.has(axis);
  const step = isBlocked ? Math.min(size, e.plan.outerBlock) : 1;
  const blocks = Math.floor(size / step);
  e.block = step;
  const range = { axis, start: 0, step, low: 0, high: size - 1 };
  if (blocks === 1) withFixed(e, axis, 0, inner);
  else withLoop(e, range, blocks, inner);
  if (size % step === 0) return;
  e.block = size % step;
  withFixed(e, axis, blocks * step, inner);
}

/** Rows that one tile holds altogether are no loop: what depends on them may be computed outside of the others. */
function wholeRowsFirst(e: Emission): number[] {
  const order = e.plan.order.slice(e.plan.tasks);
  const isWhole = (axis: number): boolean => {
    const groups = e.plan.rows.some((row) => row.axis === axis) ? spaceGroups(e, axis) : [];
    return groups.length === 1 && groups[0]!.tiles === 1;
  };
  return [...order.filter(isWhole), ...order.filter((axis) => !isWhole(axis))];
}

function emitSpaceAxis(e: Emission, [axis, ...others]: readonly number[]): void {
  if (axis === undefined) {
    emitTile(e);
    return;
  }
  for (const group of spaceGroups(e, axis)) {
    setExtent(e, axis, group);
    const { start, size, tiles } = group;
    const inner = (): void => emitSpaceAxis(e, others);
    const range = { axis, start, step: size, low: start, high: start + (tiles - 1) * size };
    if (tiles === 1) withFixed(e, axis, start, inner);
    else withLoop(e, range, tiles, inner);
  }
}

/** The points of a tile that are neither rows nor lanes and so are looped over. */
export function pointsOf(e: Emission, axis: number, size: number): number {
  return axis === e.plan.vectorAxis || e.extents.has(axis) ? 1 : size;
}

/** The rows or the active lanes of the tiles of a group. */
export function setExtent(e: Emission, axis: number, { size }: Group): void {
  if (axis === e.plan.vectorAxis) {
    const registers = Math.ceil(size / e.lanes);
    e.actives = Array.from({ length: registers }, (_, at) => Math.min(e.lanes, size - at * e.lanes));
  } else if (e.plan.rows.some((row) => row.axis === axis)) e.extents.set(axis, size);
}
