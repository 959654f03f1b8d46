import type { Value } from "../../graph/value.ts";
import { platform } from "../../platform/current.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import type { ArrayInput, NDArray } from "../../tensor/ndarray.ts";
import { formatShape } from "../../tensor/shape.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { didYouMean } from "../../util/suggest.ts";
import type { Logs } from "../callbacks/callback.ts";
import type { History } from "../callbacks/history.ts";
import type { CallContext } from "../layers/call-context.ts";
import type { KerasShape, KerasTensor } from "../layers/keras-tensor.ts";
import { Layer, type LayerOptions } from "../layers/layer.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { readOptions } from "../options/read-options.ts";
import type { DataInput } from "../training/columns.ts";
import type { CompileOptions } from "../training/compile-options.ts";
import type {
  EvaluateOptions,
  FitOptions,
  PredictOptions,
  TestOnBatchOptions,
  TrainOnBatchOptions,
} from "../training/fit-options.ts";
import { Trainer } from "../training/trainer.ts";
import { type ExplainOptions, explainChecks } from "./explain/explain-options.ts";
import { explanationLines } from "./explain/explanation-lines.ts";
import { explanationPage } from "./explain/explanation-page.ts";
import type { Graph } from "./graph.ts";
import { summaryLines } from "./summary/summary.ts";
import { type SummaryOptions, summaryChecks } from "./summary/summary-options.ts";
import { traceGraph } from "./trace-graph.ts";

export interface ModelOptions {
  readonly name?: string | undefined;
  readonly trainable?: boolean | undefined;
}

/** A graph of layers between symbolic inputs and outputs, and itself a layer. */
export class Model extends Layer {
  static override readonly className: string = "Functional";

  #graph: Graph | undefined;
  readonly #trainer = new Trainer(this);

  constructor(graph: Graph | undefined, options: LayerOptions = {}) {
    super(options);
    this.setGraph(graph);
  }

  /** Replaces the graph; undefined while a Sequential waits for its input shape. */
  protected setGraph(graph: Graph | undefined): void {
    this.#graph = graph;
    this.built = graph !== undefined;
  }

  /** The calls between inputs and outputs; throws before the input shape is known. */
  get graph(): Graph {
    if (this.#graph === undefined)
      throw new ArgumentError(
        "inputShape",
        `${this.name}: its input shape is not known yet; give the first layer inputShape, put input(shape) first, or fit it on data`,
      );
    return this.#graph;
  }

  get inputs(): readonly KerasTensor[] {
    return this.graph.inputs;
  }

  get outputs(): readonly KerasTensor[] {
    return this.graph.outputs;
  }

  /** Names by which data for several inputs may be given: those of the input layers. */
  get inputNames(): string[] {
    return this.inputs.map((tensor) => tensor.name);
  }

  /** Names of the outputs: those of the layers that make them. */
  get outputNames(): string[] {
    return this.outputs.map((tensor) => tensor.name);
  }

  /** Every layer once, in Keras's order. */
  get layers(): readonly Layer[] {
    return this.graph.layers;
  }

  override get sublayers(): readonly Layer[] {
    return this.#graph === undefined ? [] : this.layers;
  }

  override get keepsDtype(): boolean {
    return true;
  }

  /** Makes the weights for data of these shapes (with batch). Models that know their inputs only check them. */
  buildFor(shapes: readonly KerasShape[]): void {
    this.#checkInputs(shapes);
  }

  override buildAll(inputs: readonly KerasShape[]): void {
    this.buildFor(inputs);
  }

  override callAll(inputs: readonly Value[], context: CallContext): readonly Value[] {
    return traceGraph(this.graph, inputs, context);
  }

  override computeOutputShapes(inputs: readonly KerasShape[]): readonly KerasShape[] {
    this.#checkInputs(inputs);
    const shapes = new Map<KerasTensor, KerasShape>();
    this.graph.inputs.forEach((tensor, i) => {
      shapes.set(tensor, inputs[i]!);
    });
    for (const node of this.graph.nodes) {
      if (node.inputs.length === 0 || node.outputs.every((output) => shapes.has(output))) continue;
      const outputs = node.layer.computeOutputShapes(node.inputs.map((tensor) => shapes.get(tensor)!));
      node.outputs.forEach((tensor, i) => {
        shapes.set(tensor, outputs[i]!);
      });
    }
    return this.outputs.map((tensor) => shapes.get(tensor)!);
  }

  override computeOutputDtypes(_inputs: readonly Dtype[]): readonly Dtype[] {
    return this.outputs.map((tensor) => tensor.dtype);
  }

  /** The shape of its input, also before it is applied to anything. */
  override get inputShape(): KerasShape | readonly KerasShape[] | undefined {
    return this.#graph && oneOrAll(this.inputs);
  }

  override get outputShape(): KerasShape | readonly KerasShape[] | undefined {
    return this.#graph && oneOrAll(this.outputs);
  }

  /** The layer of this name, or at this place in `layers`; negative places count from the last. */
  getLayer(nameOrIndex: string | number): Layer {
    const { layers } = this;
    if (typeof nameOrIndex === "number") {
      const found = layers.at(nameOrIndex);
      if (found !== undefined) return found;
      throw new ArgumentError(
        "index",
        `${this.name}: has ${layers.length} layers, 0 to ${layers.length - 1} or -${layers.length} to -1; there is none at ${nameOrIndex}`,
      );
    }
    const found = layers.find((layer) => layer.name === nameOrIndex);
    if (found !== undefined) return found;
    const names = layers.map((layer) => layer.name);
    const hint = didYouMean(nameOrIndex, names) || `; its layers are ${names.join(", ")}`;
    throw new ArgumentError("name", `${this.name}: has no layer "${nameOrIndex}"${hint}`);
  }

  /**
   * Prints Keras's table of the layers, with shapes and numbers of parameters. `printFn` gets one line a call; by
   * default the table goes to the terminal.
   */
  summary(options: SummaryOptions = {}): void {
    const { printFn, ...layout } = readOptions(this.name, options, summaryChecks);
    const model = {
      name: this.name,
      layers: this.layers,
      trainableWeights: this.trainableWeights,
      nonTrainableWeights: this.nonTrainableWeights,
      graph: this.summaryGraph,
      optimizerParams: this.optimizerParams,
    };
    const lines = summaryLines(model, { ...layout, terminalColumns: platform.terminal.columns });
    if (printFn === undefined) platform.terminal.write(`${lines.join("\n")}\n`);
    else for (const line of lines) printFn(line);
  }

  /**
   * Prints the compiled step: its kernels in order with the layers that they come from, what was fused, operations,
   * bytes and arithmetic intensity, and the memory plan; with `measure`, also each kernel's time and share. Compiles
   * the program that `fit`, `evaluate` or `predict` would use; weights and optimizer keep their values.
   *
   * Like `summary` it gives nothing back. With `print: false` it gives the text back and prints nothing; with
   * `format: "html"` it gives a page to save, with the memory plan drawn.
   */
  explain(
    options: ExplainOptions & ({ readonly print: false } | { readonly format: "html" }),
  ): Promise<string>;
  explain(options?: ExplainOptions): Promise<string | undefined>;
  async explain(options: ExplainOptions = {}): Promise<string | undefined> {
    const given = readOptions("explain", options, explainChecks);
    const mode = given.mode ?? (this.#trainer.hasLoss ? "train" : "predict");
    const { batchSize, measure, lineLength, printFn } = given;
    const explanation = await this.#trainer.explain({ batchSize, mode, measure });
    if (given.format === "html") return explanationPage(explanation);
    const lines = explanationLines(
      explanation,
      lineLength ?? Math.max(80, platform.terminal.columns - 4),
      given.detail,
    );
    if (!given.print) return lines.join("\n");
    if (printFn === undefined) platform.terminal.write(`${lines.join("\n")}\n`);
    else for (const line of lines) printFn(line);
    return undefined;
  }

  /** The graph whose connections the summary may show; a Sequential has none to show. */
  protected get summaryGraph(): Graph | undefined {
    return this.graph;
  }

  /** Numbers that the optimizer keeps; undefined before it keeps any. */
  protected get optimizerParams(): number | undefined {
    return this.compiled && this.optimizer.built ? this.optimizer.countParams() : undefined;
  }

  /** Chooses optimizer, loss and metrics for `fit` and `evaluate`. Weights stay as they are. */
  compile(options: CompileOptions): void {
    this.#trainer.compile(options);
  }

  /** Whether `compile` has been called. */
  get compiled(): boolean {
    return this.#trainer.isCompiled;
  }

  /** What `compile` was given; undefined before. */
  get compileOptions(): CompileOptions | undefined {
    return this.#trainer.compileOptions;
  }

  /** The optimizer that `compile` chose; throws before. */
  get optimizer(): Optimizer {
    return this.#trainer.optimizer;
  }

  /** Set to true (by a callback, say) to end `fit` after the running batch; `fit` begins by setting it to false. */
  get stopTraining(): boolean {
    return this.#trainer.stopTraining;
  }

  set stopTraining(stop: boolean) {
    this.#trainer.stopTraining = stop;
  }

  /** For each metric's name in the logs, whether larger or smaller is better; known once there were data. */
  get metricDirections(): Readonly<Record<string, "max" | "min" | undefined>> {
    return this.#trainer.metricDirections;
  }

  /**
   * Trains on examples and their labels; gives each epoch's values. Rejects with a NonFiniteError when the loss
   * becomes NaN or infinite, and with the signal's reason when it is aborted.
   */
  fit(x: DataInput, y: DataInput, options?: FitOptions): Promise<History> {
    return this.#trainer.fit(x, y, options);
  }

  /** Loss and metrics over examples and their labels, by name. */
  evaluate(x: DataInput, y: DataInput, options?: EvaluateOptions): Promise<Logs> {
    return this.#trainer.evaluate(x, y, options);
  }

  /** Predictions for examples: an array for a model of one output, else a list of them. */
  predict<Output extends NDArray | NDArray[] = NDArray>(
    x: DataInput,
    options?: PredictOptions,
  ): Promise<Output> {
    return this.#trainer.predict(x, options) as Promise<Output>;
  }

  /** One training step over all the data given; that batch's values by name. */
  trainOnBatch(x: DataInput, y: DataInput, options?: TrainOnBatchOptions): Promise<Logs> {
    return this.#trainer.trainOnBatch(x, y, options);
  }

  /** Loss and metrics of all the data given, by name, in one step. */
  testOnBatch(x: DataInput, y: DataInput, options?: TestOnBatchOptions): Promise<Logs> {
    return this.#trainer.testOnBatch(x, y, options);
  }

  /** Predictions for all the data given, in one step. */
  predictOnBatch<Output extends NDArray | NDArray[] = NDArray>(x: DataInput): Promise<Output> {
    return this.#trainer.predictOnBatch(x) as Promise<Output>;
  }

  /** Copies of the weights, in Keras's order and layout, as calls made before leave them. */
  override getWeights(): Promise<NDArray[]> {
    return this.#trainer.queue.run(() => super.getWeights());
  }

  /** Replaces all weights, in the order of `getWeights`, when calls made before are done. */
  override setWeights(arrays: readonly ArrayInput[]): Promise<void> {
    return this.#trainer.queue.run(() => super.setWeights(arrays));
  }

  #checkInputs(shapes: readonly KerasShape[]): void {
    const { inputs } = this;
    if (shapes.length !== inputs.length)
      throw new ShapeError(`${this.name}: expects ${inputs.length} inputs, got ${shapes.length}`);
    inputs.forEach((tensor, i) => {
      const shape = shapes[i]!;
      const fits =
        shape.length === tensor.shape.length &&
        shape.every(
          (size, axis) => size === null || tensor.shape[axis] === null || size === tensor.shape[axis],
        );
      if (!fits)
        throw new ShapeError(
          `${this.name}: its input "${tensor.name}" has shape ${formatShape(tensor.shape)}, got ${formatShape(shape)}`,
        );
    });
  }
}

function oneOrAll(tensors: readonly KerasTensor[]): KerasShape | readonly KerasShape[] {
  return tensors.length === 1 ? tensors[0]!.shape : tensors.map((tensor) => tensor.shape);
}
