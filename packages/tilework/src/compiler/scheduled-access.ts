/**
 * Which part of a buffer a kernel's task touches.
 *
 * The leading task loop of a scheduled nest cuts the work into `slices` equal parts. An access is *sliced* when
 * part i of the work touches only the i-th of `slices` equal parts of the buffer's outermost dimension: then a
 * producer and a consumer that are both sliced may run part by part, without a barrier between them.
 */
import type { LoadIndex } from "../kernel/expression.ts";
import { addIndex, rangeOf } from "../kernel/index-expression.ts";
import type { Buffer } from "../kernel/nest.ts";
import type { ScheduledNest } from "./schedule.ts";
import { tileSize } from "./task-count.ts";

/** The trip count of the leading task loop; 1 where there is no task loop. */
export function slicesOf(scheduled: ScheduledNest): number {
  const { nest, schedule } = scheduled;
  const axis = schedule.order[0];
  if (axis === undefined || schedule.taskLoops === 0) return 1;
  const { size } = nest.axes[axis]!;
  const tile = tileSize(scheduled, axis);
  return size % tile === 0 ? size / tile : 1;
}

/** Whether part i of the nest's work touches only part i of the buffer. */
export function isSliced(scheduled: ScheduledNest, buffer: Buffer, index: readonly LoadIndex[]): boolean {
  const { nest, schedule } = scheduled;
  const slices = slicesOf(scheduled);
  const axis = schedule.order[0];
  const outer = index[0];
  const size = buffer.shape[0];
  if (axis === undefined || axis === schedule.vectorAxis || slices === 1) return false;
  if (outer === undefined || size === undefined || "dynamic" in outer || size % slices !== 0) return false;
  const part = size / slices;
  const tile = tileSize(scheduled, axis);
  const term = outer.terms.find((candidate) => candidate.axis === axis);
  if (term === undefined || !("stride" in term) || term.stride * tile !== part) return false;
  const rest = addIndex({ offset: outer.offset, terms: outer.terms.filter((other) => other !== term) });
  const range = rangeOf(rest, (other) => nest.axes[other]!.size);
  return range.min >= 0 && range.max + term.stride * (tile - 1) < part;
}
