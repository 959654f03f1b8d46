import type { Dtype } from "../../tensor/dtype.ts";
import type { Layer } from "./layer.ts";

/** A shape as layers know it: null stands for a size that only data fix, above all the batch's. */
export type KerasShape = readonly (number | null)[];

/** One call of a layer on symbolic tensors. */
export interface LayerNode {
  readonly layer: Layer;
  /** Empty for an input layer. */
  readonly inputs: readonly KerasTensor[];
  readonly mask: KerasTensor | undefined;
  readonly outputs: readonly KerasTensor[];
}

/** A symbolic tensor: what `input` and `layer.apply` give, and what `model(inputs, outputs)` is made of. */
export class KerasTensor {
  /** Sizes of the axes; the batch is null. */
  readonly shape: KerasShape;
  readonly dtype: Dtype;
  /** The call that made it, and which of its outputs it is. */
  readonly producer: LayerNode;
  readonly index: number;

  constructor(shape: KerasShape, dtype: Dtype, producer: LayerNode, index: number) {
    this.shape = shape;
    this.dtype = dtype;
    this.producer = producer;
    this.index = index;
  }

  /** The name of the layer that made it. */
  get name(): string {
    return this.producer.layer.name;
  }
}
