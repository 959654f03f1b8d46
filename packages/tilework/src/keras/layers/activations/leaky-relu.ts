import type { Value } from "../../../graph/value.ts";
import { leakyRelu as leakyReluOf } from "../../activations/activations.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { numberBetween, optional } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface LeakyReLUOptions extends LayerOptions {
  /** Slope below 0. Default 0.3. */
  readonly negativeSlope?: number | undefined;
}

/** x from 0 on, else negativeSlope · x. */
export class LeakyReLU extends Layer {
  static override readonly className: string = "LeakyReLU";

  readonly negativeSlope: number;

  constructor(options?: LeakyReLUOptions) {
    const owner = ownerOf(new.target);
    const checks = { ...layerChecks, negativeSlope: optional(numberBetween(0, Infinity), 0.3) };
    const checked = readOptions(owner, joinArguments(owner, [], [options]), checks);
    super(checked);
    this.negativeSlope = checked.negativeSlope;
  }

  override call(input: Value): Value {
    return leakyReluOf(input, this.negativeSlope);
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), negative_slope: this.negativeSlope };
  }
}

/** Makes a LeakyReLU layer. */
export function leakyRelu(options?: LeakyReLUOptions): LeakyReLU {
  return new LeakyReLU(options);
}
