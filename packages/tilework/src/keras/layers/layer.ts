/**
 * The base of all layers. A layer holds options and weights; `call` writes tensor operations. It learns its input's
 * shape once, when it is applied to a symbolic tensor, and refuses there what does not fit.
 */
import type { Value } from "../../graph/value.ts";
import { uniqueName } from "../../runtime/names.ts";
import { nextSeed } from "../../runtime/random-seed.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { type ArrayInput, type NDArray, toNDArray } from "../../tensor/ndarray.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { ArgumentError, invariant, ShapeError } from "../../util/errors.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { requireTensor } from "../options/require-tensor.ts";
import type { CallContext } from "./call-context.ts";
import { checkTensors } from "./check-tensors.ts";
import { classNameOf, snakeCase } from "./class-name.ts";
import { fitWeight } from "./fit-weight.ts";
import { type KerasShape, KerasTensor, type LayerNode } from "./keras-tensor.ts";
import { optionsOfConfig } from "./options-of-config.ts";
import { Weight, type WeightSpecification } from "./weight.ts";

/** Options of every layer. */
export interface LayerOptions {
  /** Default: the class's name in snake_case, counted: `conv2d`, `conv2d_1`. */
  readonly name?: string | undefined;
  /** Whether training changes its weights. Default true. */
  readonly trainable?: boolean | undefined;
  /** Element type of weights and results. Default "float32". */
  readonly dtype?: "float32" | undefined;
  /** Shape of one example, without the batch; only a Sequential's first layer reads it. */
  readonly inputShape?: KerasShape | undefined;
  /** The same with the batch in front, as in tfjs. */
  readonly batchInputShape?: KerasShape | undefined;
}

/** What a Layer class offers to `fromConfig`. */
export type LayerClass<L extends Layer = Layer> = (new (
  options: never,
) => L) & {
  readonly fixedConfig: KerasConfig;
};

/** What one application on symbolic tensors may be told. */
export interface ApplyOptions {
  /** Which time steps count, of shape (batch, steps); for layers that support masking. */
  readonly mask?: KerasTensor | undefined;
}

export abstract class Layer {
  /** Keras's class name. A subclass that leaves it out is known by its own name. */
  static readonly className: string | undefined = undefined;

  /** Config entries of Keras that are read at these values only: what they switch is not here. */
  static readonly fixedConfig: KerasConfig = {};

  readonly name: string;
  readonly dtype: "float32";
  /** Shape with batch that a Sequential starts from, when this layer stands first. */
  readonly batchInputShape: KerasShape | undefined;
  /** True once weights exist and shapes are known. */
  built = false;
  /** Every application on symbolic tensors, in order. */
  readonly inboundNodes: LayerNode[] = [];
  #trainable: boolean;
  readonly #weights: Weight[] = [];

  constructor(options: LayerOptions = {}) {
    this.name = options.name ?? uniqueName(snakeCase(this.className));
    this.dtype = options.dtype ?? "float32";
    this.#trainable = options.trainable ?? true;
    this.batchInputShape = options.batchInputShape ?? (options.inputShape && [null, ...options.inputShape]);
  }

  get className(): string {
    return classNameOf(this.constructor as unknown as { className?: string; name: string });
  }

  /** Whether integers go through as they are; otherwise inputs are cast to the layer's dtype. */
  get keepsDtype(): boolean {
    return false;
  }

  /** Whether `call` takes a mask. */
  get supportsMasking(): boolean {
    return false;
  }

  /** Layers inside this one (a model's); empty for plain layers. */
  get sublayers(): readonly Layer[] {
    return [];
  }

  get trainable(): boolean {
    return this.#trainable;
  }

  /** Freezes or frees this layer and all layers inside. */
  set trainable(value: boolean) {
    if (typeof value !== "boolean")
      throw new ArgumentError(
        "trainable",
        `${this.name}: trainable must be true or false, got ${String(value)}`,
      );
    this.#trainable = value;
    for (const weight of this.#weights) weight.trainable = value && !weight.statistic;
    for (const layer of this.sublayers) layer.trainable = value;
  }

  /** Adds weights for inputs of this shape, with `addWeight`. */
  build(_input: KerasShape): void {}

  /** Adds weights for several inputs; a layer of one input overrides `build`. */
  buildAll(inputs: readonly KerasShape[]): void {
    this.build(this.#single(inputs));
  }

  /** Writes the layer's operations. */
  call(_input: Value, _context: CallContext, _mask?: Value): Value {
    throw new ArgumentError(
      "call",
      `${this.name}: its class ${this.className} does not define call(input, context)`,
    );
  }

  /** Writes operations for several inputs or outputs; a layer of one input and output overrides `call`. */
  callAll(inputs: readonly Value[], context: CallContext, mask?: Value): readonly Value[] {
    invariant(inputs.length === 1, `${this.name} was traced with ${inputs.length} inputs`);
    return [requireTensor("call", this.call(inputs[0]!, context, mask), this.name)];
  }

  /** The result's shape; throws a ShapeError that names the layer for inputs that do not fit. */
  computeOutputShape(input: KerasShape): KerasShape {
    return input;
  }

  /** Shapes of all results; a layer of one input and output overrides `computeOutputShape`. */
  computeOutputShapes(inputs: readonly KerasShape[]): readonly KerasShape[] {
    return [this.computeOutputShape(this.#single(inputs))];
  }

  /** Element types of the results. */
  computeOutputDtypes(inputs: readonly Dtype[]): readonly Dtype[] {
    return [this.keepsDtype && inputs[0] !== undefined ? inputs[0] : this.dtype];
  }

  /** Creates a weight. Call it in `build`, in Keras's order. */
  protected addWeight(specification: WeightSpecification): Weight {
    const weight = new Weight(this.name, specification, nextSeed());
    weight.trainable &&= this.#trainable;
    this.#weights.push(weight);
    return weight;
  }

  /** Calls the layer on symbolic tensors; gives its result. */
  apply(inputs: KerasTensor | readonly KerasTensor[], options: ApplyOptions = {}): KerasTensor {
    const outputs = this.applyAll(inputs, options);
    if (outputs.length !== 1)
      throw new ShapeError(`${this.name}: has ${outputs.length} outputs; use applyAll, which gives them all`);
    return outputs[0]!;
  }

  /** Calls the layer on symbolic tensors; gives all results. */
  applyAll(inputs: KerasTensor | readonly KerasTensor[], options: ApplyOptions = {}): readonly KerasTensor[] {
    const tensors = checkTensors(this.name, inputs);
    this.#checkMask(options.mask);
    const shapes = tensors.map((tensor) => tensor.shape);
    const outputShapes = this.computeOutputShapes(shapes);
    const dtypes = this.computeOutputDtypes(tensors.map((tensor) => tensor.dtype));
    this.ensureBuilt(shapes);
    const outputs: KerasTensor[] = [];
    const node: LayerNode = { layer: this, inputs: tensors, mask: options.mask, outputs };
    outputShapes.forEach((shape, index) => {
      outputs.push(new KerasTensor(shape, dtypes[index] ?? this.dtype, node, index));
    });
    this.inboundNodes.push(node);
    return outputs;
  }

  /** Builds the layer if it is not built; its shapes have been checked. */
  ensureBuilt(inputs: readonly KerasShape[]): void {
    if (this.built) return;
    this.buildAll(inputs);
    this.built = true;
  }

  /** All weights in Keras's order: those that training changes first. */
  get weights(): Weight[] {
    const own = [
      ...this.#weights.filter((weight) => !weight.statistic),
      ...this.#weights.filter((weight) => weight.statistic),
    ];
    return [...new Set([...own, ...this.sublayers.flatMap((layer) => layer.weights)])];
  }

  get trainableWeights(): Weight[] {
    if (!this.trainable) return [];
    const own = this.#weights.filter((weight) => weight.trainable);
    return [...new Set([...own, ...this.sublayers.flatMap((layer) => layer.trainableWeights)])];
  }

  get nonTrainableWeights(): Weight[] {
    const trainable = new Set(this.trainableWeights);
    return this.weights.filter((weight) => !trainable.has(weight));
  }

  /** The number of parameters, trainable or not. */
  countParams(): number {
    if (!this.built)
      throw new ArgumentError(
        "countParams",
        `${this.name}: has no parameters yet, because its input shape is not known; pass inputShape or call build`,
      );
    return this.weights.reduce((sum, weight) => sum + sizeOf(weight.shape), 0);
  }

  /** Shape of its input with null for the batch, an array of shapes for several; undefined before it is applied. */
  get inputShape(): KerasShape | readonly KerasShape[] | undefined {
    return oneOrAll(this.inboundNodes[0]?.inputs);
  }

  /** Shape of its output with null for the batch, an array of shapes for several; undefined before it is applied. */
  get outputShape(): KerasShape | readonly KerasShape[] | undefined {
    return oneOrAll(this.inboundNodes[0]?.outputs);
  }

  /** Copies of the weights, in Keras's order and layout. */
  async getWeights(): Promise<NDArray[]> {
    return Promise.all(this.weights.map((weight) => weight.readArray()));
  }

  /** Replaces all weights, in the order of `getWeights`. Nothing changes if any of them does not fit. */
  async setWeights(arrays: readonly ArrayInput[]): Promise<void> {
    const weights = this.weights;
    if (!Array.isArray(arrays) || arrays.length !== weights.length)
      throw new ArgumentError(
        "weights",
        `${this.name}: setWeights expects an array of ${weights.length} arrays, got ${Array.isArray(arrays) ? arrays.length : typeof arrays}`,
      );
    const data = weights.map((weight, i) => fitWeight(weight, toNDArray(`weights[${i}]`, arrays[i]!)));
    await Promise.all(weights.map((weight, i) => weight.write(data[i]!)));
  }

  /** The options by Keras's keys, enough for `fromConfig` to make the same layer. */
  getConfig(): KerasConfig {
    const config: Record<string, unknown> = { name: this.name, trainable: this.trainable, dtype: this.dtype };
    if (this.batchInputShape !== undefined) config.batch_input_shape = this.batchInputShape;
    return config;
  }

  /** Makes a layer of what `getConfig` gave. */
  static fromConfig<L extends Layer>(this: LayerClass<L>, config: KerasConfig): L {
    // biome-ignore lint/complexity/noThisInStatic: the subclass that is called knows what it lacks
    return new this(optionsOfConfig(config, this.fixedConfig) as never);
  }

  #checkMask(mask: unknown): void {
    if (mask === undefined) return;
    if (!this.supportsMasking)
      throw new ArgumentError("mask", `${this.name}: ${this.className} takes no mask`);
    if (!(mask instanceof KerasTensor))
      throw new ArgumentError(
        "mask",
        `${this.name}: mask must be a symbolic tensor, as input(shape) gives it`,
      );
  }

  #single(inputs: readonly KerasShape[]): KerasShape {
    if (inputs.length !== 1)
      throw new ShapeError(
        `${this.name}: takes one input, got ${inputs.length}; merge them first, for example with add or concatenate`,
      );
    return inputs[0]!;
  }
}

function oneOrAll(
  tensors: readonly KerasTensor[] | undefined,
): KerasShape | readonly KerasShape[] | undefined {
  if (tensors === undefined || tensors.length === 0) return undefined;
  return tensors.length === 1 ? tensors[0]!.shape : tensors.map((tensor) => tensor.shape);
}
