import type { Value } from "../../../graph/value.ts";
import { multiply } from "../../../ops/binary/multiply.ts";
import { dropoutMask } from "../../../ops/random/random.ts";
import { formatShape } from "../../../tensor/shape.ts";
import { ShapeError } from "../../../util/errors.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { type Check, isWhole, numberBetween, optional, refusal, seedNumber } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import type { CallContext } from "../call-context.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface DropoutOptions extends LayerOptions {
  /** The share of elements that become 0, from 0 to 1. Required. */
  readonly rate?: number | undefined;
  /** Sizes of the mask, batch included: where it is 1, elements along that axis share their fate; null: the input's. */
  readonly noiseShape?: readonly (number | null)[] | null | undefined;
  /** Makes this layer's masks differ from those of layers with other seeds. */
  readonly seed?: number | null | undefined;
}

const noiseShape: Check<readonly (number | null)[]> = (value, at) => {
  const isSize = (size: unknown): boolean => size === null || (isWhole(size) && size >= 1);
  if (Array.isArray(value) && value.every(isSize)) return value as (number | null)[];
  throw refusal(at, "an array of sizes (whole numbers of at least 1, or null for the input's)", value);
};

const checks = {
  ...layerChecks,
  rate: numberBetween(0, 1),
  noiseShape: optional(noiseShape, undefined),
  seed: optional(seedNumber, undefined),
};

/**
 * Sets a random share of the elements to 0 while training and scales the others up, so that their sum stays as it
 * is on average (Srivastava et al. 2014). Inference changes nothing.
 */
export class Dropout extends Layer {
  static override readonly className: string = "Dropout";

  readonly rate: number;
  readonly noiseShape: readonly (number | null)[] | undefined;
  readonly seed: number | undefined;

  constructor(rate: number | DropoutOptions, options?: DropoutOptions) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, ["rate"], [rate, options]), checks);
    super(checked);
    this.rate = checked.rate;
    this.noiseShape = checked.noiseShape;
    this.seed = checked.seed;
  }

  override call(input: Value, context: CallContext): Value {
    if (!context.training || this.rate === 0) return input;
    if (this.rate === 1) return multiply(input, 0);
    const { seed, salt } = context.seed();
    const shape = this.noiseShape?.map((size, axis) => size ?? input.shape[axis]!) ?? input.shape;
    return multiply(input, dropoutMask(seed, shape, this.rate, salt ^ ((this.seed ?? 0) << 16)));
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    if (this.noiseShape === undefined) return input;
    const fits = (size: number | null, axis: number): boolean =>
      size === null || size === 1 || input[axis] === null || size === input[axis];
    if (this.noiseShape.length !== input.length || !this.noiseShape.every(fits))
      throw new ShapeError(
        `${this.name}: noiseShape ${formatShape(this.noiseShape)} does not fit its input ${formatShape(input)}; ` +
          "each size must be 1, null or the input's",
      );
    return input;
  }

  override getConfig(): KerasConfig {
    return {
      ...super.getConfig(),
      rate: this.rate,
      seed: this.seed ?? null,
      noise_shape: this.noiseShape ?? null,
    };
  }
}

/** Makes a Dropout layer. */
export function dropout(rate: number | DropoutOptions, options?: DropoutOptions): Dropout {
  return new Dropout(rate, options);
}
