/**
 * Runs a compiled program: stages the steps' data, binds the program to the store, hands the workers one run block
 * and reads the results. Several runs may be handed over before the first is done.
 */
import { type Plan, scratchBytes } from "../../../compiler/plan.ts";
import { type Program, variablesOf } from "../../../graph/program.ts";
import type { TensorType, Variable } from "../../../graph/value.ts";
import { platform } from "../../../platform/current.ts";
import { ArgumentError } from "../../../util/errors.ts";
import { type Accepts, attemptWithSnapshot } from "../../attempt.ts";
import { checkFeeds } from "../../check-feeds.ts";
import type { Executable, StepFeeds, StepOutputs, VariableStore } from "../../device.ts";
import { DeviceMemoryError } from "../../memory-error.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import type { Block } from "../memory/blocks.ts";
import { CpuStore } from "../memory/store.ts";
import { shortestTimes } from "../pool/launch-times.ts";
import { RunHeader } from "../pool/run-block.ts";
import type { TunableProgram } from "../tuning/tunable-program.ts";
import { launchesOf } from "./compiled-program.ts";
import { KeptForStores } from "./kept-for-stores.ts";
import { layRun } from "./lay-run.ts";
import {
  type NamedType,
  type RunOptions,
  readResults,
  releaseRun,
  type Signature,
  type StagedRun,
  stageRun,
} from "./staged-run.ts";

export class CpuExecutable implements Executable {
  readonly #program: TunableProgram;
  readonly #runtime: CpuRuntime;
  readonly #signature: Signature;
  readonly #variables: ReadonlyMap<Variable, Variable>;
  /** The variables that a step changes. */
  readonly #changed: readonly Variable[];
  readonly #kept: KeptForStores;
  /** When the last run was done, in the platform's milliseconds. */
  #done = 0;

  constructor(runtime: CpuRuntime, tunable: TunableProgram, program: Program) {
    this.#runtime = runtime;
    this.#program = tunable;
    this.#signature = { inputs: namedTypes(program.inputs), outputs: namedTypes(program.outputs) };
    this.#changed = program.updates.map(({ variable }) => variable);
    const own = variablesOf(program);
    this.#variables = new Map(tunable.current.variables.map((variable, at) => [variable, own[at]!]));
    this.#kept = new KeptForStores(runtime, this.#variables, this.#changed);
  }

  get plan(): Plan {
    return this.#program.current.plan;
  }

  async run(store: VariableStore, steps: readonly StepFeeds[]): Promise<StepOutputs[]> {
    const own = this.#check(store, steps);
    if (steps.length === 0) return [];
    return this.#runtime.using({ store, steps, executable: this }, async () => {
      this.#program.prepare();
      return this.#run(own, steps);
    });
  }

  /** The workers copy the variables that the step changes before it does, where there is room for that. */
  async attempt(store: VariableStore, step: StepFeeds, accepts: Accepts): Promise<StepOutputs> {
    const own = this.#check(store, [step]);
    if (this.#runtime.memory.shared === undefined) return attemptWithSnapshot(this, store, step, accepts);
    return this.#runtime.using({ store, step, executable: this }, async () => {
      this.#program.prepare();
      try {
        return await this.#attempt(own, step, accepts);
      } catch (error) {
        if (!(error instanceof DeviceMemoryError)) throw error;
        return attemptWithSnapshot(this, store, step, accepts);
      }
    });
  }

  async #attempt(store: CpuStore, step: StepFeeds, accepts: Accepts): Promise<StepOutputs> {
    const backup = this.#kept.backup(store);
    const letGo = backup.hold();
    let staged: StagedRun | undefined;
    try {
      staged = stageRun(this.#runtime, this.#signature, [step], { backup });
      const run = staged;
      const { done, block } = await this.#runtime.queue.run(() => this.#submit(store, run));
      const start = platform.now();
      await done.catch((error: unknown) => {
        if (this.#hasBegun(block)) backup.restore();
        throw error;
      });
      this.#ran(start, platform.now());
      const [outputs] = await readResults(this.#runtime, this.#signature, run.results, 1);
      if (!accepts(outputs!)) await this.#runtime.exclusive(() => backup.restore());
      return outputs!;
    } finally {
      if (staged !== undefined) releaseRun(this.#runtime, staged);
      letGo();
    }
  }

  /** Whether a run has got so far that it may have changed variables. */
  #hasBegun({ address }: Block): boolean {
    const words = new Int32Array(this.#runtime.memory.shared!.buffer, address, RunHeader.words);
    return words[RunHeader.begun] === 1;
  }

  async profile(store: VariableStore, steps: readonly StepFeeds[]): Promise<number[]> {
    const own = this.#check(store, steps);
    const { memory } = this.#runtime;
    const launches = launchesOf(this.plan);
    const length = launches * this.#program.current.workers;
    const bytes = length * Float64Array.BYTES_PER_ELEMENT;
    return this.#runtime.using({ store, steps, executable: this }, async () => {
      const times = memory.allocate(bytes);
      try {
        memory.write(times.address, bytes, (target) =>
          new Float64Array(target.buffer, target.byteOffset, length).fill(Number.POSITIVE_INFINITY),
        );
        await this.#run(own, steps, times);
        const { buffer } = await memory.read(times.address, bytes);
        return shortestTimes(new Float64Array(buffer, 0, length), launches);
      } finally {
        memory.free(times);
      }
    });
  }

  #check(store: VariableStore, steps: readonly StepFeeds[]): CpuStore {
    if (!(store instanceof CpuStore) || store.runtime !== this.#runtime)
      throw new ArgumentError("store", "the variables live on another device; make the store on this one");
    checkFeeds(Object.fromEntries(this.#signature.inputs.map((input) => [input.name, input])), steps);
    for (const variable of this.#variables.values()) store.addressOf(variable);
    return store;
  }

  /** With `times`, a block with a float for each launch, launches run one by one and are timed. */
  async #run(store: CpuStore, steps: readonly StepFeeds[], times?: Block): Promise<StepOutputs[]> {
    const staged = this.#tryToStage(steps, times && { times });
    try {
      const submitted = await this.#runtime.queue.run(async () => {
        if (staged === undefined) return { outputs: await this.#runOneByOne(store, steps, times) };
        try {
          return await this.#submit(store, staged);
        } catch (error) {
          if (!(error instanceof DeviceMemoryError)) throw error;
          releaseRun(this.#runtime, staged);
          return { outputs: await this.#runOneByOne(store, steps, times) };
        }
      });
      if ("outputs" in submitted) return submitted.outputs;
      const start = platform.now();
      await submitted.done;
      this.#ran(start, platform.now());
      return await readResults(this.#runtime, this.#signature, staged!.results, steps.length);
    } finally {
      if (staged !== undefined) releaseRun(this.#runtime, staged);
    }
  }

  /** Where memory is short: first garbage is given back, then step after step takes no more than it needs. */
  async #runOneByOne(store: CpuStore, steps: readonly StepFeeds[], times?: Block): Promise<StepOutputs[]> {
    await this.#runtime.reclaim();
    const outputs: StepOutputs[] = [];
    for (const step of steps) {
      const staged = stageRun(this.#runtime, this.#signature, [step], times && { times });
      try {
        await (await this.#submit(store, staged)).done;
        outputs.push(...(await readResults(this.#runtime, this.#signature, staged.results, 1)));
      } finally {
        releaseRun(this.#runtime, staged);
      }
    }
    return outputs;
  }

  /** Undefined where there is no room for all steps' data and results at once. */
  #tryToStage(steps: readonly StepFeeds[], options?: RunOptions): StagedRun | undefined {
    try {
      return stageRun(this.#runtime, this.#signature, steps, options);
    } catch (error) {
      if (error instanceof DeviceMemoryError) return undefined;
      throw error;
    }
  }

  /** Steps handed over at `start` are done at `end`; some of that time they may have waited for those before. */
  #ran(start: number, end: number): void {
    this.#program.ran(end - Math.max(start, this.#done));
    this.#done = end;
  }

  async #submit(store: CpuStore, staged: StagedRun): Promise<SubmittedRun> {
    const compiled = this.#program.current;
    const { plan, number, binary, workers } = compiled;
    const pool = await this.#runtime.poolFor(workers);
    const arena = await this.#runtime.arena(scratchBytes(plan, workers));
    const prepared = this.#kept.prepared(store, compiled);
    const held = prepared === undefined ? [] : [prepared.hold()];
    const letGo = (): void => {
      for (const each of held) each();
    };
    try {
      const binding = this.#kept.binding(store, compiled, { arena, prepared: prepared?.address ?? 0 });
      held.push(binding.hold());
      const prepares =
        prepared !== undefined && (staged.times !== undefined || prepared.isStale(pool, store));
      const block = layRun(this.#runtime, this.#signature, binding, staged, prepares);
      if (this.#changed.length > 0) store.changed();
      if (prepares) prepared.prepared(pool, store);
      return { done: pool.run(number, binary, block.address, workers).finally(letGo), block };
    } catch (error) {
      letGo();
      throw error;
    }
  }
}

interface SubmittedRun {
  readonly done: Promise<void>;
  /** The run block. */
  readonly block: Block;
}

function namedTypes(types: Readonly<Record<string, TensorType>>): NamedType[] {
  return Object.entries(types).map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
}
