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

/** The largest sum of the bytes of buffers that live in the same stage: no plan can be smaller. */
export function liveBytes(plan: Plan): number {
  const change = new Array<number>(plan.stages.length + 2).fill(0);
  for (const { buffer, first, last } of bufferLives(plan)) {
    const { bytes } = plan.buffers[buffer]!;
    change[first]! += bytes;
    change[last + 1]! -= bytes;
  }
  let alive = 0;
  let most = 0;
  for (const step of change) {
    alive += step;
    most = Math.max(most, alive);
  }
  return most;
}
