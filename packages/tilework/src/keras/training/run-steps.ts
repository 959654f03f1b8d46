/**
 * Runs many steps, several in each call of the device: enough for some 40 ms, so that calls cost nothing and an
 * abort is heard soon. Between calls the thread is free.
 */
import { platform } from "../../platform/current.ts";
import type { StepFeeds, StepOutputs, VariableStore } from "../../runtime/device.ts";
import type { LoadedProgram } from "./model-runtime.ts";

const burstMilliseconds = 40;
const mostSteps = 1024;

/** How many steps go into a call; it learns from how long calls take. */
export class BurstSize {
  #steps = 1;

  get steps(): number {
    return this.#steps;
  }

  measured(steps: number, milliseconds: number): void {
    const fitting = Math.floor((burstMilliseconds * steps) / Math.max(milliseconds, 0.01));
    this.#steps = Math.max(1, Math.min(fitting, this.#steps * 4, mostSteps));
  }
}

/** The device failed in the middle of steps: variables are in no known state. */
export class StepFailure extends Error {
  constructor(cause: unknown) {
    super("a step failed", { cause });
  }
}

export interface StepSequence {
  readonly store: VariableStore;
  /** The rows of each step. */
  readonly batches: readonly Uint32Array[];
  /** Whether every step is a call of its own. */
  readonly oneByOne: boolean;
  readonly burst: BurstSize;
  readonly signal: AbortSignal | undefined;
  load(batch: number): Promise<LoadedProgram>;
  /** Everything that the step may be fed; what its program does not take is left out. */
  feeds(rows: Uint32Array, step: number): StepFeeds;
  /** Called before a step; only where each is a call of its own. */
  before(step: number): Promise<void>;
  /** Takes what a step gave; false ends the sequence after it. */
  after(step: number, outputs: StepOutputs): Promise<boolean>;
}

/** Runs the steps; rejects with the signal's reason when it is aborted, with a `StepFailure` when the device fails. */
export async function runSteps(sequence: StepSequence): Promise<void> {
  const { batches, oneByOne, burst, signal } = sequence;
  for (let step = 0; step < batches.length; ) {
    signal?.throwIfAborted();
    if (oneByOne) await sequence.before(step);
    const count = oneByOne ? 1 : sameSize(batches, step, burst.steps);
    const outputs = await runBurst(sequence, step, count);
    for (const [i, output] of outputs.entries()) if (!(await sequence.after(step + i, output))) return;
    step += count;
  }
}

/** How many of the next batches are equally large, at most `limit`. */
function sameSize(batches: readonly Uint32Array[], first: number, limit: number): number {
  let count = 1;
  while (count < limit && batches[first + count]?.length === batches[first]!.length) count++;
  return count;
}

async function runBurst(sequence: StepSequence, first: number, count: number): Promise<StepOutputs[]> {
  const { store, batches, burst } = sequence;
  const program = await sequence.load(batches[first]!.length);
  const steps = Array.from({ length: count }, (_, i) =>
    feedsOf(program, sequence.feeds(batches[first + i]!, first + i)),
  );
  const start = platform.now();
  try {
    return await program.executable.run(store, steps);
  } catch (error) {
    throw new StepFailure(error);
  } finally {
    burst.measured(count, platform.now() - start);
  }
}

/** Those of the feeds that a program takes. */
export function feedsOf({ inputs }: LoadedProgram, feeds: StepFeeds): StepFeeds {
  return Object.fromEntries(inputs.map((name) => [name, feeds[name]!]));
}
