import type { Value } from "../../graph/value.ts";
import { cast } from "../../ops/unary/cast.ts";
import { requireTensor } from "../options/require-tensor.ts";
import { MeanMetric } from "./mean-metric.ts";

/** A metric as a function of labels and predictions (both float32): one value for each example. */
export type MetricFunction = (yTrue: Value, yPred: Value) => Value;

/** The mean of a function's values; named after the function. */
export class FunctionMetric extends MeanMetric {
  static readonly className: string = "MeanMetricWrapper";
  readonly #function: MetricFunction;
  readonly #argument: string;

  /** `argument` is the function's place as the caller wrote it, for errors. */
  constructor(metricFunction: MetricFunction, argument = "metrics") {
    super({ name: metricFunction.name || "metric" });
    this.#function = metricFunction;
    this.#argument = argument;
  }

  values(yTrue: Value, yPred: Value): Value {
    return requireTensor(this.#argument, this.#function(cast(yTrue, "float32"), yPred));
  }
}
