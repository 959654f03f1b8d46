import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { divide } from "../../ops/binary/divide.ts";
import { maximum } from "../../ops/binary/extremum.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { sqrt, square } from "../../ops/unary/powers.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { flag, optional } from "../options/checks.ts";
import { type OptionChecks, readOptions } from "../options/read-options.ts";
import { Optimizer, type OptimizerOptions, type UpdateContext, type UpdateResult } from "./optimizer.ts";
import { atLeastZero, fraction, learningRate, optimizerChecks } from "./optimizer-options.ts";

export interface AdamOptions extends OptimizerOptions {
  /** Decay of the gradients' running mean. Default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the squared gradients' running mean. Default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the root of the squares' mean ("epsilon hat" of the paper). Default 1e-7. */
  readonly epsilon?: number | undefined;
  /** Whether the largest mean of squares so far divides (Reddi et al., 2018). Default false. */
  readonly amsgrad?: boolean | undefined;
}

const adamChecks = {
  ...optimizerChecks,
  learningRate: optional(learningRate, 0.001),
  beta1: optional(fraction, 0.9),
  beta2: optional(fraction, 0.999),
  epsilon: optional(atLeastZero, 1e-7),
  amsgrad: optional(flag, false),
} as const satisfies OptionChecks;

/** Adam (Kingma and Ba, 2014), in the form of its section 2. Learning rate 0.001 by default. */
export class Adam extends Optimizer {
  static readonly className: string = "Adam";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly amsgrad: boolean;

  constructor(options: AdamOptions = {}) {
    const given = readOptions(new.target.className.toLowerCase(), options, adamChecks);
    super(given);
    this.beta1 = given.beta1;
    this.beta2 = given.beta2;
    this.epsilon = given.epsilon;
    this.amsgrad = given.amsgrad;
  }

  slotGroups(): readonly (readonly string[])[] {
    return this.amsgrad ? [["momentum", "velocity"], ["velocity_hat"]] : [["momentum", "velocity"]];
  }

  override scalarsAt(iteration: number): Record<string, number> {
    const scalars = super.scalarsAt(iteration);
    const step = iteration + 1;
    const correction = Math.sqrt(1 - this.beta2 ** step) / (1 - this.beta1 ** step);
    return { ...scalars, alpha: scalars.learningRate! * correction };
  }

  protected update({ gradient, weight, slots, scalars }: UpdateContext): UpdateResult {
    const momentum = approach(slots.momentum!, gradient, 1 - this.beta1);
    const velocity = approach(slots.velocity!, square(gradient), 1 - this.beta2);
    const largest = this.amsgrad ? maximum(slots.velocity_hat!, velocity) : velocity;
    const step = divide(multiply(momentum, scalars.alpha!), add(sqrt(largest), this.epsilon));
    const kept = this.amsgrad ? { momentum, velocity, velocity_hat: largest } : { momentum, velocity };
    return { weight: subtract(weight, step), slots: kept };
  }

  override getConfig(): KerasConfig {
    const { beta1, beta2, epsilon, amsgrad } = this;
    return { ...super.getConfig(), beta_1: beta1, beta_2: beta2, epsilon, amsgrad };
  }
}

/** `mean`, moved by `share` of the way to `value`. */
function approach(mean: Value, value: Value, share: number): Value {
  return add(mean, multiply(subtract(value, mean), share));
}

/** Makes an `Adam`. */
export function adam(options: AdamOptions = {}): Adam {
  return new Adam(options);
}
