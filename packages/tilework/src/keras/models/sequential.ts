import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { InputLayer } from "../layers/input-layer.ts";
import type { KerasShape } from "../layers/keras-tensor.ts";
import { KerasTensor } from "../layers/keras-tensor.ts";
import { Layer } from "../layers/layer.ts";
import { describe } from "../options/checks.ts";
import { isPlainObject, layerChecks, readOptions } from "../options/read-options.ts";
import { graphOf } from "./graph.ts";
import { Model, type ModelOptions } from "./model.ts";

/** What may stand in a Sequential's list; `input(shape)` only in the first place. */
export type SequentialItem = Layer | KerasTensor;

/** A plain stack of layers. Without an input shape it waits for the first data to make its weights. */
export class Sequential extends Model {
  static override readonly className: string = "Sequential";

  #input: InputLayer | undefined;
  #layers: Layer[] = [];
  /** The stack's symbolic tensors: the input, then each layer's output; empty while the shape is unknown. */
  #tensors: KerasTensor[] = [];

  constructor(layers: readonly SequentialItem[] = [], options: ModelOptions = {}) {
    const checked = readOptions("sequential", options, {
      name: layerChecks.name,
      trainable: layerChecks.trainable,
    });
    if (!Array.isArray(layers))
      throw new ArgumentError(
        "layers",
        `sequential: layers must be an array of layers, got ${describe(layers)}`,
      );
    super(undefined, checked);
    for (const layer of layers) this.add(layer);
  }

  /** The stack, without its input layer. */
  override get layers(): readonly Layer[] {
    return this.#layers;
  }

  override get sublayers(): readonly Layer[] {
    return this.#layers;
  }

  protected override get summaryGraph(): undefined {
    return undefined;
  }

  /** Puts a layer on top. Where the input shape is known, a layer that does not fit is refused and nothing changes. */
  add(item: SequentialItem): this {
    const layer = this.#check(item);
    if (layer instanceof InputLayer) {
      this.#start(layer);
      return this;
    }
    const shape = startShape(layer);
    if (this.#layers.length === 0 && this.#input === undefined && shape !== undefined) this.#startWith(shape);
    const top = this.#tensors[this.#tensors.length - 1];
    if (top !== undefined) this.#tensors.push(layer.apply(top));
    this.#layers.push(layer);
    this.#rebuild();
    return this;
  }

  /** Takes the top layer off and gives it. */
  pop(): Layer {
    const layer = this.#layers[this.#layers.length - 1];
    if (layer === undefined) throw new ArgumentError("pop", `${this.name}: has no layer to take off`);
    this.#layers.pop();
    const tensor = this.#tensors.length > this.#layers.length + 1 ? this.#tensors.pop() : undefined;
    if (tensor !== undefined) layer.inboundNodes.splice(layer.inboundNodes.indexOf(tensor.producer), 1);
    this.#rebuild();
    return layer;
  }

  /** Makes the weights for data of this shape (with batch); afterwards only checks it. */
  override buildFor(shapes: readonly KerasShape[]): void {
    if (this.#tensors.length === 0 && this.#layers.length > 0) {
      if (shapes.length !== 1) throw new ShapeError(`${this.name}: takes one input, got ${shapes.length}`);
      this.#startWith([null, ...shapes[0]!.slice(1)]);
      this.#applyAll();
      this.#rebuild();
    }
    super.buildFor(shapes);
  }

  override build(input: KerasShape): void {
    this.buildFor([input]);
  }

  override computeOutputShapes(inputs: readonly KerasShape[]): readonly KerasShape[] {
    if (this.#tensors.length === 0) this.buildFor(inputs);
    return super.computeOutputShapes(inputs);
  }

  #check(item: SequentialItem): Layer {
    if (item instanceof KerasTensor) {
      if (item.producer.layer instanceof InputLayer) return item.producer.layer;
      throw new ArgumentError(
        "layers",
        `${this.name}: only input(shape) may stand in the list, not a layer's result`,
      );
    }
    if (!(item instanceof Layer))
      throw new ArgumentError(
        "layers",
        `${this.name}: expected a layer, such as dense(10), got ${describe(item)}`,
      );
    if (this.#layers.some((layer) => layer === item || layer.name === item.name))
      throw new ArgumentError(
        "layers",
        `${this.name}: already has a layer called "${item.name}"; each layer stands in it once, under its own name`,
      );
    return item;
  }

  #start(layer: InputLayer): void {
    if (this.#input !== undefined || this.#layers.length > 0)
      throw new ArgumentError(
        "layers",
        `${this.name}: "${layer.name}" gives the input shape, so it must stand first`,
      );
    this.#input = layer;
    this.#tensors = [layer.output];
  }

  #startWith(shape: KerasShape): void {
    this.#input = new InputLayer({ batchShape: shape });
    this.#tensors = [this.#input.output];
  }

  /** Applies all waiting layers; if one does not fit, none stays applied. */
  #applyAll(): void {
    try {
      for (const layer of this.#layers)
        this.#tensors.push(layer.apply(this.#tensors[this.#tensors.length - 1]!));
    } catch (error) {
      for (const tensor of this.#tensors.slice(1)) tensor.producer.layer.inboundNodes.pop();
      this.#tensors = [];
      this.#input = undefined;
      throw error;
    }
  }

  #rebuild(): void {
    const complete = this.#tensors.length > 0 && this.#layers.length > 0;
    this.setGraph(
      complete ? graphOf([this.#tensors[0]!], [this.#tensors[this.#tensors.length - 1]!]) : undefined,
    );
  }
}

/** The input shape that a first layer knows. */
function startShape(layer: Layer): KerasShape | undefined {
  if (layer instanceof Model && layer.built && layer.inputs.length === 1) return layer.inputs[0]!.shape;
  return layer.batchInputShape;
}

/** A plain stack of layers; `.add` and `.pop` change it. */
export function sequential(layers?: readonly SequentialItem[], options?: ModelOptions): Sequential;
/** The same in tfjs's form. */
export function sequential(all: ModelOptions & { readonly layers?: readonly SequentialItem[] }): Sequential;
export function sequential(
  first: readonly SequentialItem[] | (ModelOptions & { readonly layers?: readonly SequentialItem[] }) = [],
  options: ModelOptions = {},
): Sequential {
  if (!isPlainObject(first)) return new Sequential(first as readonly SequentialItem[], options);
  const { layers = [], ...rest } = first as ModelOptions & { layers?: readonly SequentialItem[] };
  return new Sequential(layers, rest);
}
