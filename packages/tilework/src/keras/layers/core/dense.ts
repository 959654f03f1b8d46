import type { Value } from "../../../graph/value.ts";
import { add } from "../../../ops/binary/add.ts";
import { matmul } from "../../../ops/matmul/matmul.ts";
import { reshape } from "../../../ops/shape/reshape.ts";
import { formatShape, sizeOf } from "../../../tensor/shape.ts";
import { ShapeError } from "../../../util/errors.ts";
import { type Activation, type ActivationInput, getActivation } from "../../activations/activation.ts";
import { type InitializerInput, serializeInitializer } from "../../initializers/get-initializer.ts";
import type { Initializer, KerasConfig } from "../../initializers/initializer.ts";
import { flag, optional, positiveInteger } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import type { CallContext } from "../call-context.ts";
import { initializerOr } from "../initializer-option.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";
import type { Weight } from "../weight.ts";

export interface DenseOptions extends LayerOptions {
  /** Features of the result. Required. */
  readonly units?: number | undefined;
  /** What is applied to the result. Default: nothing ("linear"). */
  readonly activation?: ActivationInput | null | undefined;
  /** Whether a bias is added for each unit. Default true. */
  readonly useBias?: boolean | undefined;
  /** Default "glorot_uniform". */
  readonly kernelInitializer?: InitializerInput | undefined;
  /** Default "zeros". */
  readonly biasInitializer?: InitializerInput | undefined;
}

const checks = {
  ...layerChecks,
  units: positiveInteger,
  activation: getActivation,
  useBias: optional(flag, true),
  kernelInitializer: initializerOr("glorot_uniform"),
  biasInitializer: initializerOr("zeros"),
};

/** activation(x · kernel + bias) over the last axis: (batch, …, features) to (batch, …, units). */
export class Dense extends Layer {
  static override readonly className: string = "Dense";

  readonly units: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  #kernel: Weight | undefined;
  #bias: Weight | undefined;

  constructor(units: number | DenseOptions, options?: DenseOptions) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, ["units"], [units, options]), checks);
    super(checked);
    this.units = checked.units;
    this.activation = checked.activation;
    this.useBias = checked.useBias;
    this.kernelInitializer = checked.kernelInitializer;
    this.biasInitializer = checked.biasInitializer;
  }

  override build(input: KerasShape): void {
    const shape = [this.#features(input), this.units];
    this.#kernel = this.addWeight({ name: "kernel", shape, initializer: this.kernelInitializer });
    if (this.useBias)
      this.#bias = this.addWeight({ name: "bias", shape: [this.units], initializer: this.biasInitializer });
  }

  override call(input: Value, context: CallContext): Value {
    const leading = input.shape.slice(0, -1);
    const rows = reshape(input, [sizeOf(leading), input.shape.at(-1)!]);
    const products = reshape(matmul(rows, context.read(this.#kernel!)), [...leading, this.units]);
    const sums = this.#bias === undefined ? products : add(products, context.read(this.#bias));
    return this.activation.apply(sums);
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const features = this.#features(input);
    const built = this.#kernel?.shape[0];
    if (built !== undefined && built !== features)
      throw new ShapeError(`${this.name}: its kernel is made for ${built} features, got ${features}`);
    return [...input.slice(0, -1), this.units];
  }

  override getConfig(): KerasConfig {
    return {
      ...super.getConfig(),
      units: this.units,
      activation: this.activation.name,
      use_bias: this.useBias,
      kernel_initializer: serializeInitializer(this.kernelInitializer),
      bias_initializer: serializeInitializer(this.biasInitializer),
    };
  }

  #features(input: KerasShape): number {
    if (input.length < 2)
      throw new ShapeError(
        `${this.name}: expects an input of at least 2 axes (batch, features), got ${formatShape(input)}`,
      );
    const features = input[input.length - 1]!;
    if (features === null)
      throw new ShapeError(
        `${this.name}: the last axis of its input must be known, got ${formatShape(input)}; give it in inputShape`,
      );
    return features;
  }
}

/** Makes a Dense layer. */
export function dense(units: number | DenseOptions, options?: DenseOptions): Dense {
  return new Dense(units, options);
}
