import { expect, test } from "vitest";
import { input } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { evaluateReference } from "../../runtime/reference/evaluate.ts";
import { type NestedArray, ndarray } from "../../tensor/ndarray.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { camelCaseOptions, kerasCases } from "../../testing/training-data.ts";
import { getMetric, type MetricLike } from "./get-metric.ts";
import { addToState, type Metric } from "./metric.ts";
import * as metrics from "./metrics.ts";

interface Batch {
  readonly yTrue: NestedArray;
  readonly yPred: NestedArray;
  readonly sampleWeight?: NestedArray;
}

interface MetricCase {
  readonly name: string;
  readonly metric: "BinaryAccuracy";
  readonly config: Readonly<Record<string, unknown>>;
  readonly batches: readonly Batch[];
  readonly value: number;
}

/** The metric's value over some batches, each computed in float64. */
function evaluateMetric(metric: Metric, batches: readonly Batch[]): number {
  const state: Record<string, Float64Array> = {};
  for (const batch of batches) {
    const feeds = new Map<string, Float64Array>();
    const feed = (name: string, values: NestedArray): Value => {
      const array = ndarray(values);
      feeds.set(name, Float64Array.from(array.data));
      return input(name, { shape: array.shape, dtype: "float32" });
    };
    const weight = batch.sampleWeight === undefined ? undefined : feed("weight", batch.sampleWeight);
    const sums = metric.contributions(feed("yTrue", batch.yTrue), feed("yPred", batch.yPred), weight);
    const results = evaluateReference(Object.values(sums), feeds);
    Object.keys(sums).forEach((name, i) => {
      addToState(state, name, Float32Array.from(results[i]!));
    });
  }
  return metric.result(state);
}

test.each(kerasCases<MetricCase>("metrics.json"))("agrees with Keras: $name", (given) => {
  const metric = new metrics[given.metric](camelCaseOptions(given.config));
  const value = evaluateMetric(metric, given.batches);
  expect(firstDifference([value], [given.value], tolerances.elementary)).toBeUndefined();
});

test.each([
  {
    shapes: [
      [8, 1],
      [8, 1],
    ],
    className: "BinaryAccuracy",
  },
  { shapes: [[8], [8, 1]], className: "BinaryAccuracy" },
  { shapes: [[8], [8, 5]], className: "SparseCategoricalAccuracy" },
  {
    shapes: [
      [8, 1],
      [8, 5],
    ],
    className: "SparseCategoricalAccuracy",
  },
  {
    shapes: [
      [8, 5],
      [8, 5],
    ],
    className: "CategoricalAccuracy",
  },
] as const)('"accuracy" for labels and predictions $shapes is $className', ({ shapes, className }) => {
  for (const name of ["accuracy", "acc"] as const) {
    const metric = getMetric(name, shapes[0], shapes[1]);
    expect([metric.name, metric.className]).toEqual([name, className]);
  }
});

test.each([
  ["mse", "MeanSquaredError", "min"],
  ["mean_absolute_error", "MeanAbsoluteError", "min"],
  ["BinaryAccuracy", "BinaryAccuracy", "max"],
] as const)('"%s" is %s, and its best is its %s', (name, className, direction) => {
  const metric = getMetric(name as MetricLike, [4, 1], [4, 1]);
  expect([metric.name, metric.className, metric.direction]).toEqual([name, className, direction]);
});

test("a metric without any batch or weight is 0", () => {
  const batch = { yTrue: [[1]], yPred: [[0.9]], sampleWeight: [0] };
  expect(evaluateMetric(metrics.binaryAccuracy(), [batch])).toBe(0);
  expect(evaluateMetric(metrics.binaryAccuracy(), [])).toBe(0);
});
