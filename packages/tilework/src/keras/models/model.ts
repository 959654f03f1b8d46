import type { Value } from "../../graph/value.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { formatShape } from "../../tensor/shape.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { didYouMean } from "../../util/suggest.ts";
import type { CallContext } from "../layers/call-context.ts";
import { type KerasShape, KerasTensor } from "../layers/keras-tensor.ts";
import { Layer, type LayerOptions } from "../layers/layer.ts";
import { optional } from "../options/checks.ts";
import { layerChecks, readOptions } from "../options/read-options.ts";
import { type Graph, graphOf } from "./graph.ts";
import { traceGraph } from "./trace-graph.ts";

export interface ModelOptions {
  readonly name?: string | undefined;
  readonly trainable?: boolean | undefined;
}

/** A graph of layers between symbolic inputs and outputs, and itself a layer. */
export class Model extends Layer {
  static override readonly className: string = "Functional";

  #graph: Graph | undefined;

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

  /** The layer of this name, or at this place in `layers`. */
  getLayer(nameOrIndex: string | number): Layer {
    const { layers } = this;
    if (typeof nameOrIndex === "number") {
      const found = layers[nameOrIndex];
      if (found !== undefined) return found;
      throw new ArgumentError(
        "index",
        `${this.name}: has ${layers.length} layers, 0 to ${layers.length - 1}; there is none at ${nameOrIndex}`,
      );
    }
    const found = layers.find((layer) => layer.name === nameOrIndex);
    if (found !== undefined) return found;
    const names = layers.map((layer) => layer.name);
    const hint = didYouMean(nameOrIndex, names) || `; its layers are ${names.join(", ")}`;
    throw new ArgumentError("name", `${this.name}: has no layer "${nameOrIndex}"${hint}`);
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

type Tensors = KerasTensor | readonly KerasTensor[];

export interface ModelArguments extends ModelOptions {
  readonly inputs: Tensors;
  readonly outputs: Tensors;
}

const checks = {
  name: layerChecks.name,
  trainable: layerChecks.trainable,
  inputs: optional(tensors, undefined),
  outputs: optional(tensors, undefined),
};

/** A model of everything between `inputs` and `outputs`. */
export function model(inputs: Tensors, outputs: Tensors, options?: ModelOptions): Model;
/** The same, everything in one object, as in tfjs. */
export function model(all: ModelArguments): Model;
export function model(first: Tensors | ModelArguments, outputs?: Tensors, options: ModelOptions = {}): Model {
  const isObjectForm = !(first instanceof KerasTensor) && !Array.isArray(first);
  const given = isObjectForm ? first : { ...options, inputs: first, outputs };
  const checked = readOptions("model", given, checks);
  for (const argument of ["inputs", "outputs"] as const) {
    if (checked[argument] === undefined)
      throw new ArgumentError(argument, `model: ${argument} are missing; pass model(inputs, outputs)`);
  }
  const graph = graphOf(checked.inputs!, checked.outputs!);
  return new Model(graph, { name: checked.name, trainable: checked.trainable });
}

function tensors(value: unknown, at: { readonly argument: string }): readonly KerasTensor[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every((tensor) => tensor instanceof KerasTensor)) return list as KerasTensor[];
  throw new ArgumentError(
    at.argument,
    `model: ${at.argument} must be symbolic tensors, as input(shape) and layer.apply(x) give them`,
  );
}
