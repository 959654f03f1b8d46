import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { divide } from "../../ops/binary/divide.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { sqrt, square } from "../../ops/unary/powers.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { flag, optional } from "../options/checks.ts";
import { type OptionChecks, readOptions } from "../options/read-options.ts";
import { Optimizer, type OptimizerOptions, type UpdateContext, type UpdateResult } from "./optimizer.ts";
import { atLeastZero, fraction, learningRate, optimizerChecks } from "./optimizer-options.ts";

export interface RMSpropOptions extends OptimizerOptions {
  /** Decay of the squared gradients' running mean. Default 0.9. */
  readonly rho?: number | undefined;
  /** How much of the last movement goes on. Default 0. */
  readonly momentum?: number | undefined;
  /** Added under the root. Default 1e-7. */
  readonly epsilon?: number | undefined;
  /** Whether the gradients' variance divides in place of their mean square. Default false. */
  readonly centered?: boolean | undefined;
}

const rmspropChecks = {
  ...optimizerChecks,
  learningRate: optional(learningRate, 0.001),
  rho: optional(fraction, 0.9),
  momentum: optional(fraction, 0),
  epsilon: optional(atLeastZero, 1e-7),
  centered: optional(flag, false),
} as const satisfies OptionChecks;

/** RMSprop (Hinton, 2012). Learning rate 0.001 by default. */
export class RMSprop extends Optimizer {
  static readonly className: string = "RMSprop";
  readonly rho: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly centered: boolean;

  constructor(options: RMSpropOptions = {}) {
    const given = readOptions("rmsprop", options, rmspropChecks);
    super(given);
    this.rho = given.rho;
    this.momentum = given.momentum;
    this.epsilon = given.epsilon;
    this.centered = given.centered;
  }

  slotGroups(): readonly (readonly string[])[] {
    const momentum = this.momentum > 0 ? [["momentum"]] : [];
    return [["velocity"], ...momentum, ...(this.centered ? [["average_gradient"]] : [])];
  }

  protected update({ gradient, weight, slots, scalars }: UpdateContext): UpdateResult {
    const velocity = this.#mean(slots.velocity!, square(gradient));
    const average = this.centered ? this.#mean(slots.average_gradient!, gradient) : undefined;
    const variance = average ? subtract(velocity, square(average)) : velocity;
    const scaled = divide(multiply(gradient, scalars.learningRate!), sqrt(add(variance, this.epsilon)));
    const step = this.momentum > 0 ? add(multiply(slots.momentum!, this.momentum), scaled) : scaled;
    return {
      weight: subtract(weight, step),
      slots: {
        velocity,
        ...(this.momentum > 0 && { momentum: step }),
        ...(average && { average_gradient: average }),
      },
    };
  }

  #mean(mean: Value, value: Value): Value {
    return add(multiply(mean, this.rho), multiply(value, 1 - this.rho));
  }

  override getConfig(): KerasConfig {
    const { rho, momentum, epsilon, centered } = this;
    return { ...super.getConfig(), rho, momentum, epsilon, centered };
  }
}

/** Makes an `RMSprop`. */
export function rmsprop(options: RMSpropOptions = {}): RMSprop {
  return new RMSprop(options);
}
