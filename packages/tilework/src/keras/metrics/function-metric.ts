import type { Value } from "../../graph/value.ts";
import { cast } from "../../ops/unary/cast.ts";
import { MeanMetric } from "./mean-metric.ts";

/** A metric as a function of labels and predictions (both float32): one value for each example. */
export type MetricFunction = (yTrue: Value, yPred: Value) => Value;

/** The mean of a function's values; named after the function. */
export class FunctionMetric extends MeanMetric {
  static readonly className: string = "MeanMetricWrapper";
  readonly #function: MetricFunction;

  constructor(metricFunction: MetricFunction) {
    super({ name: metricFunction.name || "metric" });
    this.#function = metricFunction;
  }

  values(yTrue: Value, yPred: Value): Value {
    return this.#function(cast(yTrue, "float32"), yPred);
  }
}
