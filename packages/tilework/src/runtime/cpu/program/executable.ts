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
import type { Executable, Feed, StepFeeds, StepOutputs, VariableStore } from "../../device.ts";
import { DeviceMemoryError } from "../../memory-error.ts";
import type { CpuRuntime } from "../cpu-runtime.ts";
import { aligned } from "../memory/allocator.ts";
import { Backup, type Copy } from "../memory/backup.ts";
import type { Block } from "../memory/blocks.ts";
import { bytesIn, bytesOf, dataAt } from "../memory/bytes.ts";
import { CpuSource } from "../memory/source.ts";
import { Staging } from "../memory/staging.ts";
import { CpuStore } from "../memory/store.ts";
import { pointsOf } from "../pool/driver.ts";
import { shortestTimes } from "../pool/launch-times.ts";
import { encodeRun, type RunFeed, RunHeader, type RunInput, type RunOutput } from "../pool/run-block.ts";
import { boardBytes } from "../pool/task-board.ts";
import type { TunableProgram } from "../tuning/tunable-program.ts";
import { Binding, overlap } from "./binding.ts";
import type { CompiledProgram } from "./compiled-program.ts";
import { PreparedWeights } from "./prepared-weights.ts";

interface NamedType extends TensorType {
  readonly name: string;
}

export class CpuExecutable implements Executable {
  readonly #program: TunableProgram;
  readonly #runtime: CpuRuntime;
  readonly #inputs: readonly NamedType[];
  readonly #outputs: readonly NamedType[];
  readonly #variables: ReadonlyMap<Variable, Variable>;
  /** The variables that a step changes. */
  readonly #changed: readonly Variable[];
  readonly #bindings = new WeakMap<CpuStore, Binding>();
  readonly #prepared = new WeakMap<CpuStore, PreparedWeights>();
  readonly #backups = new WeakMap<CpuStore, Backup>();
  /** When the last run was done, in the platform's milliseconds. */
  #done = 0;

  constructor(runtime: CpuRuntime, tunable: TunableProgram, program: Program) {
    this.#runtime = runtime;
    this.#program = tunable;
    this.#inputs = namedTypes(program.inputs);
    this.#outputs = namedTypes(program.outputs);
    this.#changed = program.updates.map(({ variable }) => variable);
    const own = variablesOf(program);
    this.#variables = new Map(tunable.current.variables.map((variable, at) => [variable, own[at]!]));
  }

  /** However a program is tuned, it keeps its launches. */
  get #launches(): number {
    return this.plan.stages.reduce((sum, stage) => sum + stage.launches.length, 0);
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
    const backup = this.#backupFor(store);
    const letGo = backup.hold();
    let staged: StagedRun | undefined;
    try {
      staged = this.#stage([step], { backup });
      const run = staged;
      const { done, block } = await this.#runtime.queue.run(() => this.#submit(store, run));
      const start = platform.now();
      await done.catch((error: unknown) => {
        if (this.#hasBegun(block)) backup.restore();
        throw error;
      });
      this.#ran(start, platform.now());
      const [outputs] = await this.#readResults(run.results, 1);
      if (!accepts(outputs!)) await this.#runtime.exclusive(() => backup.restore());
      return outputs!;
    } finally {
      if (staged !== undefined) this.#release(staged);
      letGo();
    }
  }

  #backupFor(store: CpuStore): Backup {
    const known = this.#backups.get(store);
    if (known !== undefined && !known.isGone) return known;
    const backup = new Backup(store, this.#changed);
    this.#backups.set(store, backup);
    return backup;
  }

  /** Whether a run has got so far that it may have changed variables. */
  #hasBegun({ address }: Block): boolean {
    const words = new Int32Array(this.#runtime.memory.shared!.buffer, address, RunHeader.words);
    return words[RunHeader.begun] === 1;
  }

  async profile(store: VariableStore, steps: readonly StepFeeds[]): Promise<number[]> {
    const own = this.#check(store, steps);
    const { memory } = this.#runtime;
    const launches = this.#launches;
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
    checkFeeds(Object.fromEntries(this.#inputs.map((input) => [input.name, input])), steps);
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
          this.#release(staged);
          return { outputs: await this.#runOneByOne(store, steps, times) };
        }
      });
      if ("outputs" in submitted) return submitted.outputs;
      const start = platform.now();
      await submitted.done;
      this.#ran(start, platform.now());
      return await this.#readResults(staged!.results, steps.length);
    } finally {
      if (staged !== undefined) this.#release(staged);
    }
  }

  /** Where memory is short: first garbage is given back, then step after step takes no more than it needs. */
  async #runOneByOne(store: CpuStore, steps: readonly StepFeeds[], times?: Block): Promise<StepOutputs[]> {
    await this.#runtime.reclaim();
    const outputs: StepOutputs[] = [];
    for (const step of steps) {
      const staged = this.#stage([step], times && { times });
      try {
        await (await this.#submit(store, staged)).done;
        outputs.push(...(await this.#readResults(staged.results, 1)));
      } finally {
        this.#release(staged);
      }
    }
    return outputs;
  }

  /** Undefined where there is no room for all steps' data and results at once. */
  #tryToStage(steps: readonly StepFeeds[], options?: RunOptions): StagedRun | undefined {
    try {
      return this.#stage(steps, options);
    } catch (error) {
      if (error instanceof DeviceMemoryError) return undefined;
      throw error;
    }
  }

  #stage(steps: readonly StepFeeds[], options?: RunOptions): StagedRun {
    const blocks: Block[] = [];
    try {
      const feeds = this.#stageFeeds(steps, blocks);
      return { ...options, feeds, results: this.#planResults(steps.length, blocks), blocks };
    } catch (error) {
      this.#release({ blocks });
      throw error;
    }
  }

  #release({ blocks }: Pick<StagedRun, "blocks">): void {
    for (const block of blocks.splice(0)) this.#runtime.memory.free(block);
  }

  /** Steps handed over at `start` are done at `end`; some of that time they may have waited for those before. */
  #ran(start: number, end: number): void {
    this.#program.ran(end - Math.max(start, this.#done));
    this.#done = end;
  }

  /** Copies what steps bring along; rows of a source stay where they are, and only their numbers are copied. */
  #stageFeeds(steps: readonly StepFeeds[], blocks: Block[]): PlacedFeed[][] {
    const staging = new Staging();
    const feeds = steps.map((step) => this.#inputs.map(({ name }) => this.#stageFeed(step[name]!, staging)));
    const block = this.#runtime.memory.allocate(staging.bytes);
    blocks.push(block);
    this.#runtime.memory.write(block.address, staging.bytes, (target) => staging.copyTo(target));
    return feeds.map((step) => step.map((feedAt) => () => feedAt(block.address)));
  }

  #stageFeed(feed: Feed, staging: Staging): (address: number) => RunFeed {
    if (!("source" in feed)) {
      const offset = staging.add(bytesIn(feed));
      return (address) => ({ address: address + offset, rowList: 0, rowBytes: 1, rows: feed.byteLength });
    }
    const { source, rows } = feed;
    if (!(source instanceof CpuSource) || source.runtime !== this.#runtime)
      throw new ArgumentError("steps", "the source lives on another device; make it on this one");
    const { block, rowBytes } = source;
    const offset = staging.add(bytesIn(rows));
    return (address) => ({ address: block.address, rowList: address + offset, rowBytes, rows: rows.length });
  }

  #planResults(steps: number, blocks: Block[]): Results {
    let stride = 0;
    const offsets = this.#outputs.map((output) => {
      const offset = stride;
      stride += aligned(bytesOf(output));
      return offset;
    });
    const block = this.#runtime.memory.allocate(steps * stride);
    blocks.push(block);
    return { block, stride, offsets };
  }

  async #submit(store: CpuStore, staged: StagedRun): Promise<SubmittedRun> {
    const compiled = this.#program.current;
    const { plan, number, binary, workers } = compiled;
    const pool = await this.#runtime.poolFor(workers);
    const arena = await this.#runtime.arena(scratchBytes(plan, workers));
    const prepared = this.#preparedFor(store, compiled);
    const held = prepared === undefined ? [] : [prepared.hold()];
    const letGo = (): void => {
      for (const each of held) each();
    };
    try {
      const binding = this.#bind(store, compiled, arena, prepared?.address ?? 0);
      held.push(binding.hold());
      const prepares =
        prepared !== undefined && (staged.times !== undefined || prepared.isStale(pool, store));
      const block = this.#layRun(binding, staged, prepares);
      if (this.#changed.length > 0) store.changed();
      if (prepares) prepared.prepared(pool, store);
      return { done: pool.run(number, binary, block.address, workers).finally(letGo), block };
    } catch (error) {
      letGo();
      throw error;
    }
  }

  /** Where the results of preparations lie, or will lie; undefined where there are none. */
  #preparedFor(store: CpuStore, compiled: CompiledProgram): PreparedWeights | undefined {
    if (compiled.plan.preparedBytes === 0) return undefined;
    const known = this.#prepared.get(store);
    if (known?.compiled === compiled && known.address !== undefined) return known;
    known?.release();
    const prepared = new PreparedWeights(this.#runtime, compiled);
    this.#prepared.set(store, prepared);
    return prepared;
  }

  /** The run block. */
  #layRun(binding: Binding, { feeds, results, times, blocks, backup }: StagedRun, prepares: boolean): Block {
    const { memory } = this.#runtime;
    const { plan, workers } = binding.compiled;
    const copies = backup?.copies ?? [];
    const inputs = this.#inputs.map(
      (input): RunInput => ({
        destination: binding.addresses[plan.inputs[input.name]!]!,
        bytes: bytesOf(input),
      }),
    );
    const outputs = this.#outputs.map(
      (output, at): RunOutput => ({
        source: binding.addresses[plan.outputs[output.name]!]!,
        bytes: bytesOf(output),
        offset: results.offsets[at]!,
      }),
    );
    const points = pointsOf(plan.stages.length, this.#launches, times !== undefined);
    const run = encodeRun({
      program: binding.program,
      programWords: binding.programWords,
      inputs: [...inputs, ...copies],
      outputs,
      separate: overlap(inputs, outputs),
      results: results.block.address,
      resultStride: results.stride,
      times: times?.address ?? 0,
      board: this.#layBoard(points, workers, blocks),
      points,
      prepares,
      feeds: feeds.map((step) => [...step.map((placed) => placed()), ...copies.map(feedOf)]),
    });
    const block = memory.allocate(run.byteLength);
    blocks.push(block);
    memory.write(block.address, run.byteLength, (target) => target.set(new Uint8Array(run.buffer)));
    return block;
  }

  /** The board's address. */
  #layBoard(points: number, workers: number, blocks: Block[]): number {
    const { memory } = this.#runtime;
    const bytes = boardBytes(points, workers);
    const board = memory.allocate(bytes);
    blocks.push(board);
    memory.write(board.address, bytes, (target) => target.fill(0));
    return board.address;
  }

  #bind(store: CpuStore, compiled: CompiledProgram, arena: number, prepared: number): Binding {
    const known = this.#bindings.get(store);
    const isSame = known?.arena === arena && known.prepared === prepared && known.compiled === compiled;
    if (isSame && known.holds) return known;
    known?.release();
    const binding = new Binding(
      compiled,
      store,
      { arena, prepared },
      (variable) => this.#variables.get(variable)!,
    );
    this.#bindings.set(store, binding);
    return binding;
  }

  async #readResults({ block, stride, offsets }: Results, steps: number): Promise<StepOutputs[]> {
    const bytes = await this.#runtime.memory.read(block.address, steps * stride);
    return Array.from({ length: steps }, (_, step) =>
      Object.fromEntries(
        this.#outputs.map((output, at) => [output.name, dataAt(bytes, step * stride + offsets[at]!, output)]),
      ),
    );
  }
}

interface RunOptions {
  /** Where the launches' times are kept; default: they are not timed. */
  readonly times?: Block;
  /** Made before the first step. */
  readonly backup?: Backup;
}

interface SubmittedRun {
  readonly done: Promise<void>;
  /** The run block. */
  readonly block: Block;
}

/** A feed with the addresses of this moment. */
type PlacedFeed = () => RunFeed;

interface StagedRun extends RunOptions {
  readonly feeds: PlacedFeed[][];
  readonly results: Results;
  /** Blocks to give back when it is done. */
  readonly blocks: Block[];
}

/** Where a run's results lie: `stride` bytes a step, each output at its offset. */
interface Results {
  readonly block: Block;
  readonly stride: number;
  readonly offsets: readonly number[];
}

/** What workers copy as they take rows of an input. */
function feedOf({ source, bytes }: Copy): RunFeed {
  return { address: source, rowList: 0, rowBytes: 1, rows: bytes };
}

function namedTypes(types: Readonly<Record<string, TensorType>>): NamedType[] {
  return Object.entries(types).map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
}
