/** How long a plan's step takes one worker, roughly: enough to tell whether others could help at all. */
import { pointsOf } from "../../../compiler/build-stages.ts";
import type { Plan } from "../../../compiler/plan.ts";
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

function kernelMicroseconds(scheduled: ScheduledNest): number {
  const isScalar = scheduled.schedule.vectorAxis === undefined;
  return pointsOf(scheduled) * (isScalar ? scalarPointMicroseconds : vectorPointMicroseconds);
}
