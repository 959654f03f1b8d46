import { add } from "../../ops/binary/add.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { flag, optional } from "../options/checks.ts";
import { type OptionChecks, readOptions } from "../options/read-options.ts";
import { Optimizer, type OptimizerOptions, type UpdateContext, type UpdateResult } from "./optimizer.ts";
import { fraction, learningRate, optimizerChecks } from "./optimizer-options.ts";

export interface SGDOptions extends OptimizerOptions {
  /** How much of the last movement goes on, from 0 to 1. Default 0. */
  readonly momentum?: number | undefined;
  /** Whether the gradient is taken to be that of the place where momentum leads. Default false. */
  readonly nesterov?: boolean | undefined;
}

const sgdChecks = {
  ...optimizerChecks,
  learningRate: optional(learningRate, 0.01),
  momentum: optional(fraction, 0),
  nesterov: optional(flag, false),
} as const satisfies OptionChecks;

/** Gradient descent, with momentum if wanted. Learning rate 0.01 by default. */
export class SGD extends Optimizer {
  static readonly className: string = "SGD";
  readonly momentum: number;
  readonly nesterov: boolean;

  constructor(options: SGDOptions = {}) {
    const given = readOptions("sgd", options, sgdChecks);
    super(given);
    this.momentum = given.momentum;
    this.nesterov = given.nesterov;
  }

  slotGroups(): readonly (readonly string[])[] {
    return this.momentum === 0 ? [] : [["momentum"]];
  }

  protected update({ gradient, weight, slots, scalars }: UpdateContext): UpdateResult {
    const movement = multiply(gradient, scalars.learningRate!);
    if (this.momentum === 0) return { weight: subtract(weight, movement), slots: {} };
    const momentum = subtract(multiply(slots.momentum!, this.momentum), movement);
    const step = this.nesterov ? subtract(multiply(momentum, this.momentum), movement) : momentum;
    return { weight: add(weight, step), slots: { momentum } };
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), momentum: this.momentum, nesterov: this.nesterov };
  }
}

/** Makes an `SGD`: `sgd({ learningRate: 0.1, momentum: 0.9 })`. */
export function sgd(options: SGDOptions = {}): SGD {
  return new SGD(options);
}
