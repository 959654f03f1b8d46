import type { Value } from "../../../graph/value.ts";
import { relu as reluOf } from "../../activations/activations.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { numberBetween, optional } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface ReLUOptions extends LayerOptions {
  /** What the result does not exceed. Default: no bound. */
  readonly maxValue?: number | null | undefined;
  /** Slope below the threshold. Default 0. */
  readonly negativeSlope?: number | undefined;
  /** Where the identity begins. Default 0. */
  readonly threshold?: number | undefined;
}

const atLeastZero = numberBetween(0, Infinity);

const checks = {
  ...layerChecks,
  maxValue: optional(atLeastZero, undefined),
  negativeSlope: optional(atLeastZero, 0),
  threshold: optional(atLeastZero, 0),
};

/** max(x, 0), with Keras's variations. */
export class ReLU extends Layer {
  static override readonly className: string = "ReLU";

  readonly maxValue: number | undefined;
  readonly negativeSlope: number;
  readonly threshold: number;

  constructor(options?: ReLUOptions) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, [], [options]), checks);
    super(checked);
    this.maxValue = checked.maxValue;
    this.negativeSlope = checked.negativeSlope;
    this.threshold = checked.threshold;
  }

  override call(input: Value): Value {
    const { maxValue, negativeSlope, threshold } = this;
    return reluOf(input, { maxValue, negativeSlope, threshold });
  }

  override getConfig(): KerasConfig {
    return {
      ...super.getConfig(),
      max_value: this.maxValue ?? null,
      negative_slope: this.negativeSlope,
      threshold: this.threshold,
    };
  }
}

/** Makes a ReLU layer. */
export function relu(options?: ReLUOptions): ReLU {
  return new ReLU(options);
}
