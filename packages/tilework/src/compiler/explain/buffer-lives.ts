/** When each buffer of a plan holds what somebody still needs, as the plan itself tells. */
import { loadsOf } from "../../kernel/access.ts";
import type { Plan } from "../plan.ts";

export interface BufferLife {
  /** Index into the plan's buffers. */
  readonly buffer: number;
  /** First and last stage that needs it, inclusive. */
  readonly first: number;
  readonly last: number;
  /** The layers that write it; undefined for an input. */
  readonly origin: string | undefined;
}

/** The lives of the buffers in the arena: inputs from the start, outputs to the end. */
export function bufferLives(plan: Plan): BufferLife[] {
  const lives = new Map<number, { first: number; last: number; origin: string | undefined }>();
  const touch = (buffer: number, stage: number, origin?: string): void => {
    if (plan.buffers[buffer]!.placement.region !== "arena") return;
    const life = lives.get(buffer);
    if (life === undefined) lives.set(buffer, { first: stage, last: stage, origin });
    else {
      life.last = Math.max(life.last, stage);
      life.origin ??= origin;
    }
  };
  const inputs = new Set(Object.values(plan.inputs));
  for (const buffer of inputs) touch(buffer, 0);
  plan.stages.forEach((stage, at) => {
    for (const { kernel, buffers, origin } of stage.launches) {
      const { nest } = plan.kernels[kernel]!;
      for (const load of loadsOf(nest)) touch(buffers[load.buffer]!, at);
      for (const store of nest.stores) {
        const buffer = buffers[store.buffer]!;
        touch(buffer, at, inputs.has(buffer) ? undefined : origin);
      }
    }
  });
  for (const buffer of Object.values(plan.outputs)) touch(buffer, Math.max(0, plan.stages.length - 1));
  return [...lives].map(([buffer, life]) => ({ buffer, ...life }));
}

/**
 * The largest sum of the bytes of buffers in the arena that live in the same stage. With these stages no plan can be
 * smaller, because the kernels of a stage run side by side; other stages, or more in slices, might take less.
 */
export function liveBytes(plan: Plan): number {
  return peakOf(plan).bytes;
}

export interface Peak {
  readonly bytes: number;
  /** The first place where so much is alive. */
  readonly at: number;
}

/** The same sum, and the stage where it is reached. */
export function peakOf(plan: Plan): Peak {
  return mostAlive(
    bufferLives(plan).map(({ buffer, first, last }) => ({ bytes: plan.buffers[buffer]!.bytes, first, last })),
  );
}

/** The lives of what preparations leave: from the stage that writes it, to the end and on to the next step. */
export function preparedLives(plan: Plan): BufferLife[] {
  const lives = new Map<number, BufferLife>();
  const last = Math.max(0, plan.stages.length - 1);
  plan.stages.slice(0, plan.preparations).forEach((stage, first) => {
    for (const { kernel, buffers, origin } of stage.launches)
      for (const store of plan.kernels[kernel]!.nest.stores) {
        const buffer = buffers[store.buffer]!;
        if (plan.buffers[buffer]!.placement.region === "prepared" && !lives.has(buffer))
          lives.set(buffer, { buffer, first, last, origin });
      }
  });
  return [...lives.values()];
}

/** When a worker's part of a buffer holds what the task still needs. */
export interface SliceLife {
  /** Index into the plan's buffers. */
  readonly buffer: number;
  readonly stage: number;
  /** First and last kernel of the stage that needs it, inclusive. */
  readonly first: number;
  readonly last: number;
  /** The layers that write it. */
  readonly origin: string;
}

/** The lives of the buffers in each worker's own scratch, kernel by kernel: a worker runs them one after the other. */
export function sliceLives(plan: Plan): SliceLife[] {
  return plan.stages.flatMap((stage, at) => {
    const lives = new Map<number, { first: number; last: number; origin: string }>();
    stage.launches.forEach(({ buffers, origin }, launch) => {
      for (const buffer of buffers) {
        if (plan.buffers[buffer]!.placement.region !== "slice") continue;
        const life = lives.get(buffer);
        if (life === undefined) lives.set(buffer, { first: launch, last: launch, origin });
        else life.last = launch;
      }
    });
    return [...lives].map(([buffer, life]) => ({ buffer, stage: at, ...life }));
  });
}

/** The largest sum of the bytes that a worker's task needs at one kernel: with these stages no part can be smaller. */
export function liveSliceBytes(plan: Plan): number {
  const lives = sliceLives(plan);
  return Math.max(
    0,
    ...plan.stages.map(
      (_, stage) =>
        mostAlive(
          lives
            .filter((life) => life.stage === stage)
            .map(({ buffer, first, last }) => ({ bytes: partBytes(plan, buffer), first, last })),
        ).bytes,
    ),
  );
}

/** Bytes of one task's part of a buffer in a worker's scratch. */
export function partBytes(plan: Plan, buffer: number): number {
  const { placement } = plan.buffers[buffer]!;
  return placement.region === "slice" ? placement.bytes : 0;
}

function mostAlive(
  lives: readonly { readonly bytes: number; readonly first: number; readonly last: number }[],
): Peak {
  const change = new Array<number>(Math.max(0, ...lives.map(({ last }) => last)) + 2).fill(0);
  for (const { bytes, first, last } of lives) {
    change[first]! += bytes;
    change[last + 1]! -= bytes;
  }
  let alive = 0;
  let peak: Peak = { bytes: 0, at: 0 };
  for (const [at, step] of change.entries()) {
    alive += step;
    if (alive > peak.bytes) peak = { bytes: alive, at };
  }
  return peak;
}
