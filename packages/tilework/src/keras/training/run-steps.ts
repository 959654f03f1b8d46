/**
 * Runs many steps, several in each call of the device: enough for some 40 ms, so that calls cost nothing and an
 * abort is heard soon. A call is handed over before the one before it is done, so that the device never waits for
 * this thread; where each step is a call of its own, it waits, because somebody wants to act between them.
 */
import { platform } from "../../platform/current.ts";
import type { StepFeeds, StepOutputs, VariableStore } from "../../runtime/device.ts";
import type { LoadedProgram } from "./model-runtime.ts";

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
  readonly signal: AbortSignal | undefined;
  load(batch: number): Promise<LoadedProgram>;
  /** Everything that the step may be fed; what its program does not take is left out. */
  feeds(rows: Uint32Array, step: number): StepFeeds;
  /** Called before a step; only where each is a call of its own. */
  before(step: number): Promise<void>;
  /** Takes what a step gave; after false no further steps are begun. */
  after(step: number, outputs: StepOutputs): Promise<boolean>;
}

/** A call of the device under way. */
interface Burst {
  readonly first: number;
  readonly outputs: Promise<readonly StepOutputs[]>;
}

/**
 * Runs the steps; rejects with the signal's reason when it is aborted, after the steps that were begun, and with a
 * `StepFailure` when the device fails.
 */
export async function runSteps(sequence: StepSequence): Promise<void> {
  const { batches, oneByOne, signal } = sequence;
  const mostCalls = oneByOne ? 1 : 2;
  const calls = new Calls(sequence);
  let goesOn = true;
  let next = 0;
  for (;;) {
    while (goesOn && !signal?.aborted && next < batches.length && calls.pending < mostCalls) {
      if (oneByOne) await sequence.before(next);
      next += await calls.begin(next);
    }
    const burst = calls.take();
    if (burst === undefined) break;
    const outputs = await burst.outputs;
    for (const [i, output] of outputs.entries())
      goesOn = (await sequence.after(burst.first + i, output)) && goesOn;
  }
  if (goesOn && next < batches.length) signal?.throwIfAborted();
}

class Calls {
  readonly #sequence: StepSequence;
  readonly #pending: Burst[] = [];
  /** When the last call was done. */
  #done = 0;

  constructor(sequence: StepSequence) {
    this.#sequence = sequence;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** The earliest call under way. */
  take(): Burst | undefined {
    return this.#pending.shift();
  }

  /** Hands steps from `first` on over to the device; gives how many. */
  async begin(first: number): Promise<number> {
    const { batches, oneByOne } = this.#sequence;
    const program = await this.#sequence.load(batches[first]!.length);
    const count = oneByOne ? 1 : sameSize(batches, first, program.burst.steps);
    const outputs = this.#run(program, first, count);
    // It is awaited later, or not at all when an earlier one fails.
    outputs.catch(() => undefined);
    this.#pending.push({ first, outputs });
    return count;
  }

  async #run(program: LoadedProgram, first: number, count: number): Promise<readonly StepOutputs[]> {
    const { store, batches, feeds } = this.#sequence;
    const steps = Array.from({ length: count }, (_, i) =>
      feedsOf(program, feeds(batches[first + i]!, first + i)),
    );
    const start = platform.now();
    try {
      return await program.executable.run(store, steps);
    } catch (error) {
      throw new StepFailure(error);
    } finally {
      const end = platform.now();
      program.burst.measured(count, end - Math.max(start, this.#done));
      this.#done = end;
    }
  }
}

/** How many of the next batches are equally large, at most `limit`. */
function sameSize(batches: readonly Uint32Array[], first: number, limit: number): number {
  let count = 1;
  while (count < limit && batches[first + count]?.length === batches[first]!.length) count++;
  return count;
}

/** Those of the feeds that a program takes. */
export function feedsOf({ inputs }: LoadedProgram, feeds: StepFeeds): StepFeeds {
  return Object.fromEntries(inputs.map((name) => [name, feeds[name]!]));
}
