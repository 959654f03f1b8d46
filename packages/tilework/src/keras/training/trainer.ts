/**
 * Training, testing and prediction of one model: what `compile` chose, the queue of calls, and the programs made so
 * far. `Model` hands its calls on to its trainer.
 */

import type { Program } from "../../graph/program.ts";
import type { Device, StepFeeds, VariableStore } from "../../runtime/device.ts";
import { PlanMemoryError, planFits } from "../../runtime/plan-memory-error.ts";
import { nextSeed } from "../../runtime/random-seed.ts";
import type { NDArray } from "../../tensor/ndarray.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { Logs } from "../callbacks/callback.ts";
import type { History } from "../callbacks/history.ts";
import type { StepExplanation } from "../models/explain/step-explanation.ts";
import type { Graph } from "../models/graph.ts";
import type { Model } from "../models/model.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { readOptions } from "../options/read-options.ts";
import { checkLabels } from "./check-labels.ts";
import { withClassWeights } from "./class-weights.ts";
import type { ColumnType, DataInput } from "./columns.ts";
import { type CompiledOptions, type CompileOptions, readCompileOptions } from "./compile-options.ts";
import { evaluate } from "./evaluate.ts";
import { emptyData, exampleData } from "./example-data.ts";
import { type ExplainRequest, explainStep } from "./explain-step.ts";
import { inspectionProgram } from "./find-non-finite-layer.ts";
import { fit } from "./fit.ts";
import {
  batchChecks,
  type EvaluateOptions,
  type FitOptions,
  type PredictOptions,
  type TestOnBatchOptions,
  type TrainOnBatchOptions,
} from "./fit-options.ts";
import { fittingBatchSize } from "./fitting-batch-size.ts";
import { type ModelData, readModelData } from "./model-data.ts";
import { ModelQueue } from "./model-queue.ts";
import { type LoadedProgram, ModelRuntime } from "./model-runtime.ts";
import { makeObjective, type Objective } from "./objective.ts";
import { joinPredictions, predict } from "./predict.ts";
import { feedsOf } from "./run-steps.ts";
import { RunningLogs } from "./running-logs.ts";
import { stagedBytes, stepShapeOf, wholeFeeds } from "./staged-data.ts";
import {
  predictionProgram,
  type StepMode,
  type StepShape,
  testProgram,
  traceStep,
  trainingProgram,
} from "./step-program.ts";

export class Trainer {
  readonly model: Model;
  readonly queue: ModelQueue = new ModelQueue();
  stopTraining = false;
  readonly #runtime = new ModelRuntime();
  #compiled: CompiledOptions | undefined;
  #compileOptions: CompileOptions | undefined;
  readonly #objectives: Map<string, Objective> = new Map();
  /** What the last step was fed with. */
  #fed: StepShape | undefined;
  /** The graph that the programs were made for; a Sequential may grow. */
  #graph: Graph | undefined;

  constructor(model: Model) {
    this.model = model;
  }

  /** Chooses optimizer, loss and metrics. Weights stay as they are. */
  compile(options: CompileOptions): void {
    this.#compiled = readCompileOptions(options, this.#outputNames());
    this.#compileOptions = options;
    this.#objectives.clear();
    this.#runtime.forgetPrograms();
  }

  /** A Sequential that waits for its input shape ends with its last layer all the same. */
  #outputNames(): readonly string[] {
    return this.model.built ? this.model.outputNames : [this.model.layers.at(-1)?.name ?? "output"];
  }

  get isCompiled(): boolean {
    return this.#compiled !== undefined;
  }

  /** Whether `compile` was given a loss. */
  get hasLoss(): boolean {
    return this.#compiled?.losses.some((loss) => loss !== undefined) ?? false;
  }

  /** What `compile` was given; undefined before. */
  get compileOptions(): CompileOptions | undefined {
    return this.#compileOptions;
  }

  get optimizer(): Optimizer {
    return this.#options("optimizer").optimizer;
  }

  get metricDirections(): Readonly<Record<string, "max" | "min" | undefined>> {
    const metrics = [...this.#objectives.values()].flatMap((objective) => objective.metrics);
    return Object.fromEntries(metrics.map(({ logName, metric }) => [logName, metric.direction]));
  }

  fit(x: DataInput, y: DataInput, options: FitOptions = {}): Promise<History> {
    return this.queue.run(() => fit(this, x, y, options));
  }

  evaluate(x: DataInput, y: DataInput, options: EvaluateOptions = {}): Promise<Logs> {
    return this.queue.run(() => evaluate(this, x, y, options));
  }

  predict(x: DataInput, options: PredictOptions = {}): Promise<NDArray | NDArray[]> {
    return this.queue.run(() => predict(this, x, options));
  }

  /** One training step over all the data given; its values by name. */
  trainOnBatch(x: DataInput, y: DataInput, options: TrainOnBatchOptions = {}): Promise<Logs> {
    return this.queue.run(async () => {
      const { sampleWeight, classWeight } = readOptions("trainOnBatch", options, batchChecks);
      const data = withClassWeights(
        this.readData("trainOnBatch", x, y, sampleWeight),
        classWeight,
        sampleWeight,
      );
      const logs = await this.#oneStep("train", data, { seed: Int32Array.of(nextSeed(), 0) });
      this.optimizer.iterations++;
      return logs;
    });
  }

  /** Loss and metrics of the data given, by name. */
  testOnBatch(x: DataInput, y: DataInput, options: TestOnBatchOptions = {}): Promise<Logs> {
    return this.queue.run(async () => {
      const { sampleWeight } = readOptions("testOnBatch", options, {
        sampleWeight: batchChecks.sampleWeight,
      });
      return this.#oneStep("test", this.readData("testOnBatch", x, y, sampleWeight), {});
    });
  }

  /** Predictions for all the data given, in one step. */
  predictOnBatch(x: DataInput): Promise<NDArray | NDArray[]> {
    return this.queue.run(async () => {
      const data = readModelData(this.model, x, undefined, undefined);
      const { store } = await this.prepare();
      const program = await this.load("predict", data, data.rows);
      const [outputs] = await program.executable.run(store, [feedsOf(program, wholeFeeds(data))]);
      return joinPredictions(Object.values(program.outputs), [outputs!]);
    });
  }

  async #oneStep(mode: "train" | "test", data: ModelData, extra: StepFeeds): Promise<Logs> {
    this.checkLabels(data);
    const { store } = await this.prepare();
    const program = await this.load(mode, data, data.rows);
    const scalars = mode === "train" ? this.scalarFeeds(this.optimizer.iterations) : {};
    const feeds = feedsOf(program, { ...wholeFeeds(data), ...scalars, ...extra });
    const [outputs] = await program.executable.run(store, [feeds]);
    const running = new RunningLogs(this.objectiveFor(data));
    running.add(outputs!, data.rows);
    return running.logs;
  }

  /** Reads data with labels for a call that needs a compiled model. */
  readData(
    call: string,
    x: unknown,
    y: unknown,
    sampleWeight: unknown,
    names?: Parameters<typeof readModelData>[4],
  ): ModelData {
    const { losses } = this.#options(call);
    if (losses.every((loss) => loss === undefined))
      throw new ArgumentError("loss", `${call}: the model was compiled without a loss; pass one to compile`);
    return readModelData(this.model, x, y, sampleWeight, names);
  }

  #options(call: string): CompiledOptions {
    if (this.#compiled === undefined)
      throw new ArgumentError(
        "compile",
        `${call}: ${this.model.name} is not compiled; call model.compile({ optimizer: "adam", loss: … }) first`,
      );
    return this.#compiled;
  }

  /** Refuses labels that the losses cannot use. */
  checkLabels(data: ModelData): void {
    const { losses } = this.objectiveFor(data);
    data.labels.forEach((labels, output) => {
      if (labels === undefined) return;
      const kind = losses.find((entry) => entry.output === output)?.loss.labelKind ?? "values";
      const shape = this.model.outputs[output]!.shape;
      checkLabels(labels, kind, shape[shape.length - 1] ?? 1);
    });
  }

  /** Losses and metrics for labels of these shapes; "accuracy", say, depends on them. */
  objectiveFor(data: ModelData): Objective {
    const key = columnsKey(data.labels);
    const known = this.#objectives.get(key);
    if (known !== undefined) return known;
    const { batch } = traceStep(this.model, "test", stepShapeOf(data, data.rows));
    const objective = makeObjective(this.#options("fit"), this.model.outputNames, batch);
    this.#objectives.set(key, objective);
    return objective;
  }

  /** Takes the model's weights to the device in use. */
  prepare(): Promise<{ device: Device; store: VariableStore }> {
    return this.#runtime.prepare(this.model.weights);
  }

  /**
   * The program of a step over `batch` rows of such data. `prepare` has been called. Refused with a PlanMemoryError
   * where it does not fit beside what is in memory by now and what is yet to be staged.
   */
  async load(
    mode: StepMode,
    data: ModelData,
    batch: number,
    toStage: readonly ModelData[] = [],
  ): Promise<LoadedProgram> {
    if (this.model.graph !== this.#graph) this.#runtime.forgetPrograms();
    this.#graph = this.model.graph;
    const shape = stepShapeOf(data, batch);
    this.#fed = { batch, ...typesOf(shape) };
    const loaded = await this.#loadFitting(mode, shape, data, stagedBytes(toStage));
    if (mode === "train") this.#runtime.addSlots(this.optimizer.slotVariables());
    return loaded;
  }

  async #loadFitting(
    mode: StepMode,
    shape: StepShape,
    data: ModelData,
    bytesToCome: number,
  ): Promise<LoadedProgram> {
    try {
      const key = this.#programKey(mode, shape);
      const loaded = await this.#runtime.load(key, () => this.#write(mode, shape, data));
      this.#runtime.checkRoom(loaded, bytesToCome);
      return loaded;
    } catch (error) {
      if (!(error instanceof PlanMemoryError)) throw error;
      const available = this.#runtime.availableBytes - bytesToCome;
      throw await this.#withFittingBatch(
        error,
        available,
        (batch) => this.#write(mode, stepShapeOf(data, batch), data),
        shape.batch,
      );
    }
  }

  /** The same refusal with the batch size that would fit. */
  async #withFittingBatch(
    { planBytes, buffers }: PlanMemoryError,
    available: number,
    write: (batch: number) => Program,
    refused: number,
  ): Promise<PlanMemoryError> {
    const fitting = await fittingBatchSize(refused, planBytes, available, async (batch) => {
      const plan = (await this.#runtime.inspect(write(batch)))!;
      return { bytes: plan.arenaBytes, fits: planFits(plan, available) };
    });
    return new PlanMemoryError(planBytes, available, buffers, fitting);
  }

  /** What the compiled step consists of. */
  explain(request: ExplainRequest): Promise<StepExplanation> {
    return this.queue.run(() => explainStep(this, request));
  }

  /** The program of a step over data like those seen last, or like what the model declares; nothing runs. */
  exampleProgram(mode: StepMode, batch: number): Program {
    const data = this.#exampleData(mode, batch);
    return this.#write(mode, stepShapeOf(data, batch), data);
  }

  /** That program, compiled. */
  loadExample(mode: StepMode, batch: number): Promise<LoadedProgram> {
    return this.load(mode, this.#exampleData(mode, batch), batch);
  }

  #exampleData(mode: StepMode, batch: number): ModelData {
    const losses = mode === "predict" ? [] : this.#options("explain").losses;
    const fed = this.#fed;
    if (fed === undefined || (mode !== "predict" && fed.labels.every((labels) => labels === undefined)))
      return exampleData(this.model, losses, batch);
    const none = fed.labels.map(() => undefined);
    const { labels, weights } = mode === "predict" ? { labels: none, weights: none } : fed;
    return emptyData({ batch, inputs: fed.inputs, labels, weights });
  }

  /** A program for a training step's forward pass that gives every layer's result. */
  inspection(data: ModelData, batch: number): ReturnType<typeof inspectionProgram> {
    const { inputs, batch: traced } = traceStep(this.model, "train", stepShapeOf(data, batch));
    return inspectionProgram(inputs, traced.predictions);
  }

  /** Compiles a program that is used once. */
  loadUncached(program: Program): Promise<LoadedProgram> {
    return this.#runtime.compile(program);
  }

  #write(mode: StepMode, shape: StepShape, data: ModelData): Program {
    const traced = traceStep(this.model, mode, shape);
    if (mode === "predict") return predictionProgram(traced);
    if (mode === "test") return testProgram(traced, this.objectiveFor(data));
    return trainingProgram(this.model, traced, this.objectiveFor(data), this.optimizer);
  }

  #programKey(mode: StepMode, { batch, inputs, labels, weights }: StepShape): string {
    const trained = mode === "train" ? this.model.trainableWeights.map(({ path }) => path) : [];
    return [mode, batch, ...[inputs, labels, weights].map(columnsKey), ...trained].join(" ");
  }

  /** The optimizer's scalars for the step at this iteration. */
  scalarFeeds(iteration: number): StepFeeds {
    const scalars = Object.entries(this.optimizer.scalarsAt(iteration));
    return Object.fromEntries(scalars.map(([name, value]) => [name, Float32Array.of(value)]));
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
