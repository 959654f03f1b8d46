import type { Value } from "../../graph/value.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { scalar } from "../../ops/fill.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { broadcastTo } from "../../ops/shape/broadcast-to.ts";
import { reshape } from "../../ops/shape/reshape.ts";
import { cast } from "../../ops/unary/cast.ts";
import { matchLastAxis } from "../losses/match-ranks.ts";
import { Metric, type MetricState } from "./metric.ts";

/** The mean over all examples of a value for each, weighted if weights are given (Keras's MeanMetricWrapper). */
export abstract class MeanMetric extends Metric {
  /** One value for each example, or for each place of it. */
  abstract values(yTrue: Value, yPred: Value): Value;

  contributions(yTrue: Value, yPred: Value, sampleWeight?: Value): { total: Value; count: Value } {
    const values = cast(this.values(yTrue, yPred), "float32");
    if (sampleWeight === undefined)
      return { total: reduceSum(perExample(values)), count: scalar(values.shape[0] ?? 1) };
    const [matched, given] = matchLastAxis(values, cast(sampleWeight, "float32"));
    const placed = meanFrom(matched, given.shape.length);
    const weight = broadcastTo(placeLeft(given, placed.shape.length), placed.shape);
    return {
      total: reduceSum(perExample(multiply(placed, weight))),
      count: reduceSum(given.shape.length > 1 ? perExample(weight) : weight),
    };
  }

  result({ total, count }: MetricState): number {
    const divisor = count?.[0] ?? 0;
    return divisor === 0 ? 0 : total![0]! / divisor;
  }
}

/** The mean over the axes from `axis` on. */
function meanFrom(values: Value, axis: number): Value {
  const axes = values.shape.map((_, i) => i).slice(axis);
  return axes.length === 0 ? values : reduceMean(values, { axes });
}

function perExample(values: Value): Value {
  return meanFrom(values, 1);
}

function placeLeft(weight: Value, rank: number): Value {
  const missing = rank - weight.shape.length;
  return missing > 0 ? reshape(weight, [...weight.shape, ...new Array<number>(missing).fill(1)]) : weight;
}
