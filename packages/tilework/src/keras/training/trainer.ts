/**
 * Training, testing and prediction of one model: what `compile` chose, the queue of calls, and the programs made so
 * far. `Model` hands its calls on to its trainer.
 */

import type { StepFeeds } from "../../runtime/device.ts";
import type { NDArray } from "../../tensor/ndarray.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { Logs } from "../callbacks/callback.ts";
import type { History } from "../callbacks/history.ts";
import { checkLabelShape } from "../losses/check-label-shape.ts";
import type { StepExplanation } from "../models/explain/step-explanation.ts";
import type { Model } from "../models/model.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { readOptions } from "../options/read-options.ts";
import { checkLabels } from "./check-labels.ts";
import { withClassWeights } from "./class-weights.ts";
import type { DataInput } from "./columns.ts";
import { type CompiledOptions, type CompileOptions, readCompileOptions } from "./compile-options.ts";
import { evaluate } from "./evaluate.ts";
import { type ExplainRequest, explainStep } from "./explain-step.ts";
import { fit } from "./fit.ts";
import {
  batchChecks,
  type EvaluateOptions,
  type FitOptions,
  type PredictOptions,
  type TestOnBatchOptions,
  type TrainOnBatchOptions,
} from "./fit-options.ts";
import { type ModelData, readModelData } from "./model-data.ts";
import { ModelPrograms } from "./model-programs.ts";
import { ModelQueue } from "./model-queue.ts";
import { joinPredictions, predict } from "./predict.ts";
import { feedsOf } from "./run-steps.ts";
import { RunningLogs } from "./running-logs.ts";
import { wholeFeeds } from "./staged-data.ts";
import { trainBatch } from "./train-batch.ts";

export class Trainer {
  readonly model: Model;
  readonly queue: ModelQueue = new ModelQueue();
  readonly programs: ModelPrograms;
  stopTraining = false;
  #compiled: CompiledOptions | undefined;
  #compileOptions: CompileOptions | undefined;

  constructor(model: Model) {
    this.model = model;
    this.programs = new ModelPrograms(model, (call) => this.#options(call));
  }

  /** Chooses optimizer, loss and metrics. Weights stay as they are. */
  compile(options: CompileOptions): void {
    this.#compiled = readCompileOptions(options, this.#outputNames());
    this.#compileOptions = options;
    this.programs.forget();
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
    const metrics = this.programs.objectives.flatMap((objective) => objective.metrics);
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
        (given) => this.classesOf(given),
      );
      return trainBatch(this, data);
    });
  }

  /** Loss and metrics of the data given, by name. */
  testOnBatch(x: DataInput, y: DataInput, options: TestOnBatchOptions = {}): Promise<Logs> {
    return this.queue.run(async () => {
      const { sampleWeight } = readOptions("testOnBatch", options, {
        sampleWeight: batchChecks.sampleWeight,
      });
      return this.#testBatch(this.readData("testOnBatch", x, y, sampleWeight));
    });
  }

  /** Predictions for all the data given, in one step. */
  predictOnBatch(x: DataInput): Promise<NDArray | NDArray[]> {
    return this.queue.run(async () => {
      const data = readModelData(this.model, x, undefined, undefined);
      const { store } = await this.programs.prepare({ mode: "predict", data, batch: data.rows });
      const program = await this.programs.load("predict", data, data.rows, { bringsData: true });
      const [outputs] = await program.executable.run(store, [feedsOf(program, wholeFeeds(data))]);
      return joinPredictions(Object.values(program.outputs), [outputs!]);
    });
  }

  async #testBatch(data: ModelData): Promise<Logs> {
    this.checkLabels(data);
    const { store } = await this.programs.prepare({ mode: "test", data, batch: data.rows });
    const program = await this.programs.load("test", data, data.rows, { bringsData: true });
    const [outputs] = await program.executable.run(store, [feedsOf(program, wholeFeeds(data))]);
    const running = new RunningLogs(this.programs.objectiveFor(data));
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
    const { losses } = this.programs.objectiveFor(data);
    data.labels.forEach((labels, output) => {
      if (labels === undefined) return;
      const loss = losses.find((entry) => entry.output === output)?.loss;
      const shape = this.model.outputs[output]!.shape;
      if (loss !== undefined) checkLabelShape(loss, labels, shape);
      checkLabels(labels, loss?.labelKind ?? "values", shape[shape.length - 1] ?? 1);
    });
  }

  /** The number of classes that the first output's loss tells apart; undefined where it tells none apart. */
  classesOf(data: ModelData): number | undefined {
    const loss = this.programs.objectiveFor(data).losses.find(({ output }) => output === 0)?.loss;
    const hasClasses = loss?.labelKind === "class indices" || loss?.labelKind === "one-hot rows";
    return hasClasses ? (this.model.outputs[0]!.shape.at(-1) ?? undefined) : undefined;
  }

  /** What the compiled step consists of. */
  explain(request: ExplainRequest): Promise<StepExplanation> {
    return this.queue.run(() => explainStep(this, request));
  }

  /** The optimizer's scalars for the step at this iteration. */
  scalarFeeds(iteration: number): StepFeeds {
    const scalars = Object.entries(this.optimizer.scalarsAt(iteration));
    return Object.fromEntries(scalars.map(([name, value]) => [name, Float32Array.of(value)]));
  }
}
