/** The programs of one model: written for the data at hand, compiled once, kept for the device in use. */
import { fuseInPieces } from "../../compiler/compile.ts";
import { countPlanOperations } from "../../compiler/explain/explain-plan.ts";
import { hasIndependentRows } from "../../compiler/independent-rows.ts";
import { lowerProgram } from "../../compiler/lower.ts";
import { ignoresMaskedRows } from "../../compiler/masked-rows.ts";
import type { Program } from "../../graph/program.ts";
import { BoundedCache } from "../../runtime/bounded-cache.ts";
import { Breaks } from "../../runtime/breaks.ts";
import type { Device, PlannedStep, VariableStore } from "../../runtime/device.ts";
import { PlanMemoryError, planRefusal } from "../../runtime/plan-memory-error.ts";
import { atOnce, type InPieces } from "../../util/in-pieces.ts";
import type { Graph } from "../models/graph.ts";
import type { Model } from "../models/model.ts";
import type { ColumnType } from "./columns.ts";
import type { CompiledOptions } from "./compile-options.ts";
import { emptyData, exampleData } from "./example-data.ts";
import { FilledBatches, fillingPays } from "./filled-batches.ts";
import { inspectionProgram } from "./find-non-finite-layer.ts";
import { fittingBatchSize } from "./fitting-batch-size.ts";
import type { ModelData } from "./model-data.ts";
import { type LoadedProgram, ModelRuntime } from "./model-runtime.ts";
import { makeObjective, mayBeMasked, type Objective } from "./objective.ts";
import { stagedSizes, stepShapeOf } from "./staged-data.ts";
import {
  maskFeeds,
  predictionProgram,
  type StepMode,
  type StepShape,
  testProgram,
  traceStep,
  trainingProgram,
} from "./step-program.ts";

const keptAnswers = 24;

export interface LoadOptions {
  /** Data that are yet to be put on the device. */
  readonly toStage?: readonly ModelData[];
  /** Whether the step takes a mask of its examples. */
  readonly masked?: boolean;
  /** Whether the step brings its data along, where others take rows of data that are on the device. */
  readonly bringsData?: boolean;
}

/** The step that a call will begin with. */
export interface FirstStep {
  readonly mode: StepMode;
  readonly data: ModelData;
  readonly batch: number;
  /** Examples of the last batch; default: as many as in the others. */
  readonly rest?: number;
}

interface WrittenProgram {
  readonly key: string;
  readonly graph: Graph;
  readonly program: Promise<Program>;
}

/** What else takes memory when a step runs. */
interface Surroundings {
  /** Sizes of data that are yet to be put on the device. */
  readonly staged: readonly number[];
  readonly bringsData: boolean;
}

/**
 * Floating-point operations of a step that take less time than compiling one: compiling takes 8 to 18 ms for a small
 * network's prediction, in which WebAssembly on two cores does about this many.
 */
const cheapOperations = 5e8;

export class ModelPrograms {
  readonly #model: Model;
  /** What `compile` chose; throws in the name of a call where it has not been called. */
  readonly #options: (call: string) => CompiledOptions;
  readonly #runtime = new ModelRuntime();
  readonly #objectives: Map<string, Objective> = new Map();
  #fills = new BoundedCache<string, boolean>(keptAnswers);
  /** The batch sizes that fit in place of those refused. */
  #fitting = new BoundedCache<string, number>(keptAnswers);
  /** A program that was written before there was a device. */
  #ahead: WrittenProgram | undefined;
  /** What the last step was fed with. */
  #fed: StepShape | undefined;
  /** The graph that the programs were made for; a Sequential may grow. */
  #graph: Graph | undefined;

  constructor(model: Model, options: (call: string) => CompiledOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** Forgets programs, losses and metrics, because others were chosen. */
  forget(): void {
    this.#objectives.clear();
    this.#forgetAnswers();
    this.#ahead = undefined;
    this.#runtime.forgetPrograms();
  }

  #forgetAnswers(): void {
    this.#fills = new BoundedCache(keptAnswers);
    this.#fitting = new BoundedCache(keptAnswers);
  }

  /** Losses and metrics made so far. */
  get objectives(): Objective[] {
    return [...this.#objectives.values()];
  }

  /** Losses and metrics for labels of these shapes; "accuracy", say, depends on them. */
  objectiveFor(data: ModelData): Objective {
    const key = columnsKey(data.labels);
    const known = this.#objectives.get(key);
    if (known !== undefined) return known;
    const { batch } = traceStep(this.#model, "test", stepShapeOf(data, data.rows));
    const objective = makeObjective(this.#options("fit"), this.#model.outputNames, batch);
    this.#objectives.set(key, objective);
    return objective;
  }

  /** Takes the model's weights to the device in use. While that starts, the program that comes first is written. */
  async prepare(first?: FirstStep): Promise<{ device: Device; store: VariableStore }> {
    if (first !== undefined && !this.#runtime.hasDevice) this.#writeAhead(first);
    return this.#runtime.prepare(this.#model.weights);
  }

  #writeAhead({ mode, data, batch, rest = batch }: FirstStep): void {
    const masked = rest !== batch && this.#mayBeMasked(mode, data);
    const shape = { ...stepShapeOf(data, batch), masked };
    const program = this.#writeAndFuse(mode, shape, data);
    // The load that follows takes it, or says why there is none.
    program.catch(() => undefined);
    this.#ahead = { key: this.#programKey(mode, shape), graph: this.#model.graph, program };
  }

  /** What was written ahead for that key, once. */
  #takeWritten(key: string): Promise<Program> | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead?.key === key && ahead.graph === this.#model.graph ? ahead.program : undefined;
  }

  /**
   * The program of a step over `batch` rows of such data. `prepare` has been called. Refused with a PlanMemoryError
   * where it does not fit beside what is in memory by now and what is yet to be staged.
   */
  async load(
    mode: StepMode,
    data: ModelData,
    batch: number,
    { toStage = [], masked = false, bringsData = false }: LoadOptions = {},
  ): Promise<LoadedProgram> {
    this.#followGraph();
    const shape = { ...stepShapeOf(data, batch), masked };
    this.#fed = { batch, ...typesOf(shape) };
    const loaded = await this.#loadFitting(mode, shape, data, { staged: stagedSizes(toStage), bringsData });
    if (mode === "train") this.#runtime.addSlots(this.#options("fit").optimizer.slotVariables());
    return loaded;
  }

  /** Programs, and answers about them, are of no use when the model has grown. */
  #followGraph(): void {
    if (this.#model.graph !== this.#graph) {
      this.#runtime.forgetPrograms();
      this.#forgetAnswers();
    }
    this.#graph = this.#model.graph;
  }

  async #loadFitting(
    mode: StepMode,
    shape: StepShape,
    data: ModelData,
    surroundings: Surroundings,
  ): Promise<LoadedProgram> {
    const key = this.#programKey(mode, shape);
    const load = (): Promise<LoadedProgram> =>
      this.#runtime.load(key, () => this.#takeWritten(key) ?? this.#writeWithBreaks(mode, shape, data));
    const loaded = await load()
      .catch(async (error: unknown) => {
        if (!(error instanceof PlanMemoryError)) throw error;
        await this.#runtime.reclaim();
        if (error.planBytes > this.#runtime.availableBytes) throw error;
        return load();
      })
      .catch(async (error: unknown) => {
        throw error instanceof PlanMemoryError ? await this.#refusal(mode, shape, data, surroundings) : error;
      });
    const { plan } = loaded.executable;
    const step = plan && { plan, namesRows: !surroundings.bringsData };
    if (step === undefined || (await this.#runtime.hasRoom(this.#toCome(mode, surroundings), step)))
      return loaded;
    this.#runtime.forgetProgram(key);
    throw await this.#refusal(mode, shape, data, surroundings);
  }

  /** Sizes of what comes into memory before the step runs. */
  #toCome(mode: StepMode, { staged }: Surroundings): number[] {
    if (mode !== "train") return [...staged];
    const slots = this.#options("fit").optimizer.slotVariables();
    return [...this.#runtime.slotSizes(slots), ...staged];
  }

  /** Why a step does not fit, with the batch size that would: one whose plans have been made and do. */
  async #refusal(
    mode: StepMode,
    shape: StepShape,
    data: ModelData,
    surroundings: Surroundings,
  ): Promise<PlanMemoryError> {
    const planned = async (other: StepShape): Promise<PlannedStep> => {
      const plan = (await this.#runtime.inspect(await this.#writeWithBreaks(mode, other, data)))!;
      return { plan, namesRows: !surroundings.bringsData };
    };
    const refused = await planned(shape);
    const toCome = this.#toCome(mode, surroundings);
    const available = this.#runtime.availableBytes;
    const planBytes = this.#runtime.stepBytes(toCome, refused);
    const variants = this.#mayBeMasked(mode, data) ? [false, true] : [shape.masked ?? false];
    const key = [this.#programKey(mode, shape), available, surroundings.bringsData, ...toCome].join();
    const known = this.#fitting.get(key);
    if (known !== undefined) return planRefusal(refused.plan, planBytes, available, known);
    const fitting = await fittingBatchSize(shape.batch, planBytes, available, async (batch) => {
      const size = { bytes: 0, fits: true };
      for (const masked of variants) {
        const step = await planned({ ...shape, batch, masked });
        size.bytes = Math.max(size.bytes, this.#runtime.stepBytes(toCome, step));
        size.fits &&= this.#runtime.fits(toCome, step);
      }
      return size;
    });
    this.#fitting.set(key, fitting);
    return planRefusal(refused.plan, planBytes, available, fitting);
  }

  /**
   * Whether a smaller batch is better predicted by the program of a whole one, filled up with any rows: where no
   * example's prediction depends on another, and a step takes less time than compiling one.
   */
  fillsBatch(data: ModelData, batch: number, { executable }: LoadedProgram): boolean {
    const shape = stepShapeOf(data, batch);
    const key = this.#programKey("predict", shape);
    const known = this.#fills.get(key);
    if (known !== undefined) return known;
    const { plan } = executable;
    const fills =
      plan !== undefined &&
      countPlanOperations(plan) < cheapOperations &&
      hasIndependentRows(atOnce(this.#write("predict", shape, data)), batch);
    this.#fills.set(key, fills);
    return fills;
  }

  /**
   * Batches as steps, with the first one's program loaded: a last, smaller batch is filled up where that gives the same
   * results and costs less than a program of its own.
   */
  async fill(
    mode: "train" | "test",
    data: ModelData,
    batches: readonly Uint32Array[],
    options: LoadOptions,
  ): Promise<FilledBatches> {
    const { length } = batches[0]!;
    const masked = await this.#masks(mode, data, length, batches.at(-1)!.length);
    await this.load(mode, data, length, { ...options, masked });
    return new FilledBatches(batches, masked ? length : undefined);
  }

  /** Whether steps may be masked, so that a last batch runs by the same program. */
  #mayBeMasked(mode: StepMode, data: ModelData): boolean {
    if (mode === "predict") return false;
    return mayBeMasked(this.objectiveFor(data), (output) => data.weights[output] !== undefined);
  }

  /** Whether a last batch of `rest` examples runs by the masked program of `batch`. */
  async #masks(mode: "train" | "test", data: ModelData, batch: number, rest: number): Promise<boolean> {
    if (rest === batch) return false;
    this.#followGraph();
    if (!this.#mayBeMasked(mode, data)) return false;
    const shape = { ...stepShapeOf(data, batch), masked: true };
    const key = this.#programKey(mode, shape);
    const known = this.#fills.get(`${key} ${rest}`);
    if (known !== undefined) return known;
    const breaks = new Breaks();
    const program = await (this.#takeWritten(key) ?? breaks.during(this.#write(mode, shape, data)));
    await breaks.take();
    const lowered = lowerProgram(program);
    const isProved = await breaks.during(ignoresMaskedRows(lowered, maskFeeds.counts, batch));
    const masks = isProved && fillingPays(lowered, batch - rest, batch);
    this.#fills.set(`${key} ${rest}`, masks);
    // Where it fails, the load that follows says why.
    if (masks) this.#runtime.load(key, async () => program).catch(() => undefined);
    return masks;
  }

  /** The program of a step over data like those seen last, or like what the model declares; nothing runs. */
  exampleProgram(mode: StepMode, batch: number): Program {
    const data = this.#exampleData(mode, batch);
    return atOnce(this.#write(mode, stepShapeOf(data, batch), data));
  }

  /** That program, compiled. */
  loadExample(mode: StepMode, batch: number): Promise<LoadedProgram> {
    return this.load(mode, this.#exampleData(mode, batch), batch, { bringsData: true });
  }

  #exampleData(mode: StepMode, batch: number): ModelData {
    const losses = mode === "predict" ? [] : this.#options("explain").losses;
    const fed = this.#fed;
    if (fed === undefined || (mode !== "predict" && fed.labels.every((labels) => labels === undefined)))
      return exampleData(this.#model, losses, batch);
    const none = fed.labels.map(() => undefined);
    const { labels, weights } = mode === "predict" ? { labels: none, weights: none } : fed;
    return emptyData({ batch, inputs: fed.inputs, labels, weights });
  }

  /** A program for a training step's forward pass that gives every layer's result. */
  inspection(data: ModelData, batch: number): ReturnType<typeof inspectionProgram> {
    const { inputs, batch: traced } = traceStep(this.#model, "train", stepShapeOf(data, batch));
    return inspectionProgram(inputs, traced.predictions);
  }

  /** Compiles a program that is used once. */
  loadUncached(program: Program): Promise<LoadedProgram> {
    return this.#runtime.compile(program);
  }

  #writeWithBreaks(mode: StepMode, shape: StepShape, data: ModelData): Promise<Program> {
    return new Breaks().during(this.#write(mode, shape, data));
  }

  /** Writes and fuses it; others have their turn first. */
  async #writeAndFuse(mode: StepMode, shape: StepShape, data: ModelData): Promise<Program> {
    const breaks = new Breaks();
    await breaks.now();
    const program = await breaks.during(this.#write(mode, shape, data));
    await breaks.during(fuseInPieces(program, this.#runtime.fused));
    return program;
  }

  *#write(mode: StepMode, shape: StepShape, data: ModelData): InPieces<Program> {
    const traced = traceStep(this.#model, mode, shape);
    yield;
    if (mode === "predict") return predictionProgram(traced);
    const objective = this.objectiveFor(data);
    if (mode === "test") return testProgram(traced, objective);
    return yield* trainingProgram(this.#model, traced, objective, this.#options("fit").optimizer);
  }

  #programKey(mode: StepMode, { batch, inputs, labels, weights, masked }: StepShape): string {
    const trained = mode === "train" ? this.#model.trainableWeights.map(({ path }) => path) : [];
    return [
      mode,
      batch,
      masked ? "masked" : "",
      ...[inputs, labels, weights].map(columnsKey),
      ...trained,
    ].join(" ");
  }
}

/** The columns' types without their elements. */
function typesOf({ inputs, labels, weights }: StepShape): Omit<StepShape, "batch"> {
  const type = ({ dtype, rowShape }: ColumnType): ColumnType => ({ dtype, rowShape });
  return {
    inputs: inputs.map(type),
    labels: labels.map((column) => column && type(column)),
    weights: weights.map((column) => column && type(column)),
  };
}

/** Dtypes and shapes of columns, as a key. */
function columnsKey(columns: readonly (ColumnType | undefined)[]): string {
  return columns.map((column) => (column ? `${column.dtype}[${column.rowShape}]` : "none")).join(" ");
}
