/** How long a plan's step takes one worker, roughly: enough to tell whether others could help at all. */
import { pointsOf } from "../../../compiler/build-stages.ts";
import type { Plan, Stage } from "../../../compiler/plan.ts";
import type { ScheduledNest } from "../../../compiler/schedule.ts";

/**
 * Measured on small dense and convolutional networks. With vectors a point takes much the same on all targets: more
 * lanes wait the longer for memory.
 */
const launchMicroseconds = 0.3;
const scalarPointMicroseconds = 0.001;
const vectorPointMicroseconds = 0.00007;

export function estimateMicroseconds({ stages, preparations, kernels }: Plan): number {
  let sum = 0;
  for (const { launches } of stages.slice(preparations))
    for (const { kernel } of launches) sum += launchMicroseconds + kernelMicroseconds(kernels[kernel]!);
  return sum;
}

/** Work for which taking tasks, and calling a kernel with them, is next to nothing. */
const turnMicroseconds = 2;

/**
 * How many of a stage's tasks a worker should take at once, at least. One that runs alone needs several turns only
 * where a launch finds in the cache what the one before has just written.
 */
export function tasksAtOnce({ kernels }: Plan, { launches, tasks }: Stage, workers: number): number {
  if (workers === 1 && launches.length === 1) return tasks;
  const work = launches.reduce((sum, { kernel }) => sum + kernelMicroseconds(kernels[kernel]!), 0);
  return Math.min(tasks, Math.ceil((tasks * turnMicroseconds * launches.length) / work));
}

function kernelMicroseconds(scheduled: ScheduledNest): number {
  const isScalar = scheduled.schedule.vectorAxis === undefined;
  return pointsOf(scheduled) * (isScalar ? scalarPointMicroseconds : vectorPointMicroseconds);
}
