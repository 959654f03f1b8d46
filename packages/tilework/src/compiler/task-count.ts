/** Trip counts of a scheduled nest's loops. */
import type { ScheduledNest } from "./schedule.ts";

/** How many neighbours along an axis one tile computes; 1 where the axis is not tiled. */
export function tileSize({ schedule, target }: ScheduledNest, axis: number): number {
  if (axis === schedule.vectorAxis) return schedule.vectors * target.lanes;
  return schedule.rows.find((row) => row.axis === axis)?.count ?? 1;
}

/** Iterations of the loop over an axis' tiles, the last of which may be smaller. */
export function tripCount(scheduled: ScheduledNest, axis: number): number {
  return Math.ceil(scheduled.nest.axes[axis]!.size / tileSize(scheduled, axis));
}

/** The number of tasks of a kernel: the product of its task loops' trip counts. */
export function taskCount(scheduled: ScheduledNest): number {
  const { order, taskLoops } = scheduled.schedule;
  return order.slice(0, taskLoops).reduce((tasks, axis) => tasks * tripCount(scheduled, axis), 1);
}
