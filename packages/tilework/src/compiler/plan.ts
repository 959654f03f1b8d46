/**
 * What the compiler hands to a runtime: kernels to print, memory to reserve, and the order in which tasks run.
 *
 * A step is a list of stages with a barrier after each. A stage has `tasks` independent tasks; a task t runs all
 * launches of the stage in order, each over its own share [t·n/tasks, (t+1)·n/tasks) of its n kernel tasks (the
 * compiler has made sure that a launch's task reads only what the same stage task, or an earlier stage, wrote).
 * Any worker may take any task: the result does not depend on who does.
 *
 * The first stages of a program that changes no variable may depend on variables alone, as weights do that are laid
 * out for a kernel. These preparations run only when variables have changed since they ran last; what the other
 * stages read of their results has memory of its own, which keeps it from step to step.
 */

import type { Variable } from "../graph/value.ts";
import type { Buffer } from "../kernel/nest.ts";
import type { ScheduledNest } from "./schedule.ts";

/**
 * Where a buffer lies. `arena` is scratch of the running step; `variable` belongs to the model; `prepared` is what
 * preparations leave for all steps. Of a `slice` buffer nothing but the part exists that the running task of a stage works on, `bytes` long, in scratch of the worker's own:
 * task after task finds it in the cache.
 */
export type Placement =
  | { readonly region: "arena"; readonly offset: number }
  | { readonly region: "prepared"; readonly offset: number }
  | { readonly region: "slice"; readonly offset: number; readonly bytes: number }
  | { readonly region: "variable"; readonly variable: Variable };

export interface PlannedBuffer {
  readonly buffer: Buffer;
  readonly bytes: number;
  readonly placement: Placement;
}

export interface Launch {
  /** Index into `kernels`. */
  readonly kernel: number;
  /** One planned buffer for each of the nest's buffers. */
  readonly buffers: readonly number[];
  /** The kernel's number of tasks. */
  readonly tasks: number;
  /** What it computes and on which tensors, for `explain`; the kernel's own name is that of its first launch. */
  readonly name: string;
  /** The layers that it comes from, for `explain`. */
  readonly origin: string;
}

export interface Stage {
  readonly tasks: number;
  readonly launches: readonly Launch[];
}

export interface Plan {
  /** Distinct kernels: launches of the same structure and schedule share one. */
  readonly kernels: readonly ScheduledNest[];
  readonly buffers: readonly PlannedBuffer[];
  readonly stages: readonly Stage[];
  /** How many of the stages, the first ones, are preparations. */
  readonly preparations: number;
  /** Bytes that preparations leave for all steps. */
  readonly preparedBytes: number;
  readonly arenaBytes: number;
  /** Bytes of each worker's own scratch. */
  readonly sliceBytes: number;
  /** Planned buffer of each named input and output. */
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, number>>;
}

/** Bytes of scratch that a step takes on so many workers. */
export function scratchBytes({ arenaBytes, sliceBytes }: Plan, workers: number): number {
  return arenaBytes + workers * sliceBytes;
}
