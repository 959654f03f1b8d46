import type { Dtype } from "../../tensor/dtype.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { oneOf, optional } from "../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../options/read-options.ts";
import { shapeWithoutBatch } from "../options/sizes.ts";
import { type KerasShape, KerasTensor, type LayerNode } from "./keras-tensor.ts";
import { Layer } from "./layer.ts";

export interface InputOptions {
  readonly name?: string | undefined;
  /** Element type that data are converted to. Default "float32". */
  readonly dtype?: Dtype | undefined;
}

export interface InputLayerOptions extends InputOptions {
  /** Shape of one example, without the batch. */
  readonly shape?: KerasShape | undefined;
  /** tfjs's name for `shape`. */
  readonly inputShape?: KerasShape | undefined;
  /** The shape with the batch (null) in front. */
  readonly batchShape?: KerasShape | undefined;
}

const checks = {
  ...layerChecks,
  shape: optional(shapeWithoutBatch, undefined),
  batchShape: layerChecks.batchInputShape,
  dtype: optional(oneOf("float32", "int32", "uint8", "bool"), "float32" as Dtype),
};

/** Where data enter a model. Its one symbolic tensor is `output`. */
export class InputLayer extends Layer {
  static override readonly className: string = "InputLayer";
  static override readonly fixedConfig: KerasConfig = { sparse: false, ragged: false, optional: false };

  readonly inputDtype: Dtype;
  readonly output: KerasTensor;

  constructor(options: InputLayerOptions) {
    const { dtype, ...checked } = readOptions("input_layer", options, checks);
    const example = checked.shape ?? checked.inputShape;
    const shape =
      example === undefined ? (checked.batchShape ?? checked.batchInputShape) : [null, ...example];
    if (shape === undefined)
      throw new ArgumentError(
        "shape",
        `${checked.name ?? "input_layer"}: shape is missing; pass shape: [28, 28, 1], say`,
      );
    super({ name: checked.name, trainable: checked.trainable, batchInputShape: shape });
    this.inputDtype = dtype;
    this.built = true;
    const outputs: KerasTensor[] = [];
    const node: LayerNode = { layer: this, inputs: [], mask: undefined, outputs };
    this.output = new KerasTensor(shape, dtype, node, 0);
    outputs.push(this.output);
    this.inboundNodes.push(node);
  }

  override get keepsDtype(): boolean {
    return true;
  }

  override getConfig(): KerasConfig {
    const { name } = super.getConfig();
    return { name, batch_shape: this.output.shape, dtype: this.inputDtype };
  }
}

/** An input layer, for the first place of a Sequential's list. */
export function inputLayer(options: InputLayerOptions): InputLayer {
  return new InputLayer(options);
}

/** A symbolic tensor that data enter by; `shape` is that of one example, without the batch. */
export function input(shape: KerasShape, options?: InputOptions): KerasTensor;
export function input(options: InputLayerOptions): KerasTensor;
export function input(...args: readonly unknown[]): KerasTensor {
  return new InputLayer(joinArguments("input_layer", ["shape"], args)).output;
}
