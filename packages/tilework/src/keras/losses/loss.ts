import type { Value } from "../../graph/value.ts";
import { equal } from "../../ops/binary/comparison.ts";
import { divide } from "../../ops/binary/divide.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { cast } from "../../ops/unary/cast.ts";
import { where } from "../../ops/where.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { classNameOf, snakeCase } from "../layers/class-name.ts";
import { type Check, oneOf, optional, text } from "../options/checks.ts";
import { requireTensor } from "../options/require-tensor.ts";
import { matchRanks } from "./match-ranks.ts";

/**
 * How the values of a batch become one number: their sum; the sum over their number ("mean" is the same); or the sum
 * over the sum of the sample weights.
 */
export type Reduction = "sum_over_batch_size" | "mean" | "sum" | "mean_with_sample_weight";

/** Options of every loss. */
export interface LossOptions {
  /** Default "sum_over_batch_size". */
  readonly reduction?: Reduction | undefined;
  readonly name?: string | undefined;
}

export const lossChecks: {
  readonly name: Check<string | undefined>;
  readonly reduction: Check<Reduction>;
} = {
  name: optional(text, undefined),
  reduction: optional(
    oneOf("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight"),
    "sum_over_batch_size",
  ),
};

/**
 * What the labels of a loss must be, so that they can be checked before training: indices of classes, a row of shares
 * for each example, numbers from 0 to 1, numbers like the predictions; or "values", whatever the loss itself takes.
 */
export type LabelKind = "class indices" | "one-hot rows" | "probabilities" | "targets" | "values";

/** What training makes small. A subclass says in `call` what each example costs. */
export abstract class Loss {
  readonly name: string;
  readonly reduction: Reduction;

  constructor(options: LossOptions = {}) {
    this.name = options.name ?? snakeCase(this.className);
    this.reduction = options.reduction ?? "sum_over_batch_size";
  }

  /** Keras's class name. */
  get className(): string {
    return classNameOf(this.constructor as unknown as { className?: string; name: string });
  }

  get labelKind(): LabelKind {
    return "values";
  }

  /** One value for each example (and each place of it). The labels come with the dtype of the data. */
  abstract call(yTrue: Value, yPred: Value): Value;

  /** The batch's loss, a scalar. Weights multiply the values; missing trailing axes of theirs stretch. */
  reduce(yTrue: Value, yPred: Value, sampleWeight?: Value): Value {
    const [values, weight] = matchRanks(
      requireTensor("loss", this.call(yTrue, yPred), this.name),
      sampleWeight,
    );
    const weighted = weight === undefined ? values : multiply(values, cast(weight, "float32"));
    if (this.reduction === "sum") return reduceSum(weighted);
    if (this.reduction !== "mean_with_sample_weight" || weight === undefined) return reduceMean(weighted);
    const total = reduceSum(cast(weight, "float32"));
    return where(equal(total, 0), 0, divide(reduceSum(weighted), total));
  }

  /** The options by Keras's keys. */
  getConfig(): KerasConfig {
    return { name: this.name, reduction: this.reduction };
  }
}
