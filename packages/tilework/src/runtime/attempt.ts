import type { Executable, StepFeeds, StepOutputs, VariableStore } from "./device.ts";

/** Whether a step's effects may stay. */
export type Accepts = (outputs: StepOutputs) => boolean;

/** Runs one step; where it fails, or gives what is not accepted, variables are as before it. */
export function attempt(
  executable: Executable,
  store: VariableStore,
  step: StepFeeds,
  accepts: Accepts,
): Promise<StepOutputs> {
  return executable.attempt?.(store, step, accepts) ?? attemptWithSnapshot(executable, store, step, accepts);
}

/** The same on any device, by a copy of all variables on the host. */
export async function attemptWithSnapshot(
  executable: Executable,
  store: VariableStore,
  step: StepFeeds,
  accepts: Accepts,
): Promise<StepOutputs> {
  const start = await store.snapshot();
  try {
    const [outputs] = await executable.run(store, [step]);
    if (!accepts(outputs!)) await store.restore(start);
    return outputs!;
  } catch (error) {
    await store.restore(start);
    throw error;
  }
}
