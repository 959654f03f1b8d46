/**
 * The base of optimizers. An update is written as operations on values, so that the whole step is one program. What
 * changes from step to step (learning rate, bias corrections) is computed on the host and fed as scalars.
 */
import type { Update } from "../../graph/program.ts";
import { read } from "../../graph/program.ts";
import type { Value, Variable } from "../../graph/value.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { uniqueName } from "../../runtime/names.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { classNameOf, snakeCase } from "../layers/class-name.ts";
import { clipGradients, type GradientClipping } from "./clip-gradients.ts";
import { type LearningRate, learningRate } from "./optimizer-options.ts";

/** Options of every optimizer. */
export interface OptimizerOptions extends GradientClipping {
  /** Step size, or a function of the iteration. Each optimizer has Keras's default. */
  readonly learningRate?: LearningRate | undefined;
  /** Before each update, weights shrink by this times the learning rate. Default: no decay. */
  readonly weightDecay?: number | undefined;
  readonly name?: string | undefined;
}

/** What one weight's update reads. */
export interface UpdateContext {
  readonly gradient: Value;
  /** The weight's value, after decay. */
  readonly weight: Value;
  /** The optimizer's variables of this weight, by the names of `slotGroups`. */
  readonly slots: Readonly<Record<string, Value>>;
  /** The step's scalars, by the names of `scalarsAt`. */
  readonly scalars: Readonly<Record<string, Value>>;
}

/** A weight and its value when the step starts. */
export interface TrainedWeight {
  readonly variable: Variable;
  readonly value: Value;
}

export interface UpdateResult {
  readonly weight: Value;
  readonly slots: Readonly<Record<string, Value>>;
}

export abstract class Optimizer {
  readonly name: string;
  readonly weightDecay: number | undefined;
  readonly clipping: GradientClipping;
  /** Steps taken so far. */
  iterations = 0;
  #learningRate: LearningRate;
  readonly #slots = new Map<Variable, Readonly<Record<string, Variable>>>();

  constructor(options: OptimizerOptions & { readonly learningRate: LearningRate }) {
    this.name = options.name ?? uniqueName(snakeCase(this.className));
    this.#learningRate = options.learningRate;
    this.weightDecay = options.weightDecay;
    this.clipping = clippingOf(options);
  }

  /** Keras's class name. */
  get className(): string {
    return classNameOf(this.constructor as unknown as { className?: string; name: string });
  }

  /** The learning rate of the next step. Setting it holds from the next step on. */
  get learningRate(): number {
    return this.learningRateAt(this.iterations);
  }

  set learningRate(value: LearningRate) {
    if (typeof this.#learningRate === "function" && typeof value === "number")
      throw new ArgumentError(
        "learningRate",
        `${this.name}: the learning rate is a function of the iteration and cannot be set; ` +
          "make the optimizer with a number to set it later",
      );
    this.#learningRate = learningRate(value, { owner: this.name, argument: "learningRate" });
  }

  learningRateAt(iteration: number): number {
    return typeof this.#learningRate === "function" ? this.#learningRate(iteration) : this.#learningRate;
  }

  /** Whether the learning rate is a plain number, and so one of the optimizer's variables in Keras. */
  get hasLearningRateVariable(): boolean {
    return typeof this.#learningRate === "number";
  }

  /** True once it has variables for some weights. */
  get built(): boolean {
    return this.#slots.size > 0;
  }

  /** Names of the variables that it keeps for each weight, in Keras's order: each group runs over all weights. */
  abstract slotGroups(): readonly (readonly string[])[];

  /** The scalars that a step is fed. Float32 on the device. */
  scalarsAt(iteration: number): Record<string, number> {
    const learningRate = this.learningRateAt(iteration);
    return this.weightDecay === undefined
      ? { learningRate }
      : { learningRate, decay: learningRate * this.weightDecay };
  }

  /** Writes one weight's update. */
  protected abstract update(context: UpdateContext): UpdateResult;

  /** Makes the variables of weights that have none yet; all start at zero. */
  build(weights: readonly Variable[]): void {
    const names = this.slotGroups().flat();
    for (const weight of weights) {
      if (this.#slots.has(weight)) continue;
      const slot = (name: string): Variable => ({
        name: `${this.name}/${weight.name.replaceAll("/", "_")}_${name}`,
        shape: weight.shape,
        dtype: weight.dtype,
      });
      this.#slots.set(weight, Object.fromEntries(names.map((name) => [name, slot(name)])));
    }
  }

  /** The variables of these weights, in Keras's order. The iteration and the learning rate are not among them. */
  slotVariables(weights: Iterable<Variable> = this.#slots.keys()): Variable[] {
    const all = [...weights];
    return this.slotGroups().flatMap((group) =>
      all.flatMap((weight) => group.map((name) => this.#slots.get(weight)![name]!)),
    );
  }

  /** Numbers that it keeps, as Keras counts them: iteration and learning rate are two of them. */
  countParams(): number {
    const own = this.hasLearningRateVariable ? 2 : 1;
    return this.slotVariables().reduce((sum, variable) => sum + sizeOf(variable.shape), own);
  }

  /** Writes all updates. `weights` and `gradients` go in pairs; those weights must have been built. */
  apply(
    gradients: readonly Value[],
    weights: readonly TrainedWeight[],
    scalars: Readonly<Record<string, Value>>,
  ): Update[] {
    const clipped = clipGradients(gradients, this.clipping);
    return weights.flatMap((weight, i) => this.#updatesOf(weight, clipped[i]!, scalars));
  }

  #updatesOf(
    { variable, value }: TrainedWeight,
    gradient: Value,
    scalars: Readonly<Record<string, Value>>,
  ): Update[] {
    const kept = Object.entries(this.#slots.get(variable)!);
    const slots = Object.fromEntries(kept.map(([name, slot]) => [name, read(slot)]));
    const weight = scalars.decay ? subtract(value, multiply(value, scalars.decay)) : value;
    const result = this.update({ gradient, weight, slots, scalars });
    return [
      { variable, value: result.weight },
      ...kept.map(([name, slot]) => ({ variable: slot, value: result.slots[name]! })),
    ];
  }

  /** The options by Keras's keys. A learning rate that is a function is left out. */
  getConfig(): KerasConfig {
    const { clipnorm = null, clipvalue = null, globalClipnorm = null } = this.clipping;
    return {
      name: this.name,
      ...(typeof this.#learningRate === "number" && { learning_rate: this.#learningRate }),
      weight_decay: this.weightDecay ?? null,
      clipnorm,
      global_clipnorm: globalClipnorm,
      clipvalue,
      use_ema: false,
      ema_momentum: 0.99,
      ema_overwrite_frequency: null,
      loss_scale_factor: null,
      gradient_accumulation_steps: null,
    };
  }
}

function clippingOf({ clipnorm, clipvalue, globalClipnorm }: OptimizerOptions): GradientClipping {
  const given = Object.entries({ clipnorm, clipvalue, globalClipnorm }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1)
    throw new ArgumentError(
      given[1]![0],
      `only one of clipnorm, clipvalue and globalClipnorm may be given; got ${given.map(([name]) => name).join(" and ")}`,
    );
  return Object.fromEntries(given);
}
