import type { Shape } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import { snakeCase } from "../layers/class-name.ts";
import { classificationKind } from "../losses/get-loss.ts";
import { Loss } from "../losses/loss.ts";
import { describe } from "../options/checks.ts";
import { nameHint } from "../options/keras-names.ts";
import { Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy } from "./accuracy.ts";
import { FunctionMetric, type MetricFunction } from "./function-metric.ts";
import {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  MeanAbsoluteError,
  MeanSquaredError,
  SparseCategoricalCrossentropy,
} from "./loss-metrics.ts";
import { Metric } from "./metric.ts";

/** Names that `compile` takes for a metric. "accuracy" and "acc" choose by the shapes of labels and predictions. */
export type MetricName =
  | "accuracy"
  | "acc"
  | "binary_accuracy"
  | "categorical_accuracy"
  | "sparse_categorical_accuracy"
  | "binary_crossentropy"
  | "categorical_crossentropy"
  | "sparse_categorical_crossentropy"
  | "mean_squared_error"
  | "mean_absolute_error"
  | "bce"
  | "BCE"
  | "mse"
  | "MSE"
  | "mae"
  | "MAE"
  | "BinaryAccuracy"
  | "CategoricalAccuracy"
  | "SparseCategoricalAccuracy"
  | "BinaryCrossentropy"
  | "CategoricalCrossentropy"
  | "SparseCategoricalCrossentropy"
  | "MeanSquaredError"
  | "MeanAbsoluteError";

type MetricClass = new (options: { name: string }) => Metric;

const classes = {
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  BinaryCrossentropy,
  CategoricalCrossentropy,
  SparseCategoricalCrossentropy,
  MeanSquaredError,
  MeanAbsoluteError,
};

const byName: ReadonlyMap<string, MetricClass> = new Map<string, MetricClass>([
  ...Object.entries(classes),
  ...Object.entries(classes).map(([name, metric]) => [snakeCase(name), metric] as const),
  ["Accuracy", Accuracy],
  ["bce", BinaryCrossentropy],
  ["BCE", BinaryCrossentropy],
  ["mse", MeanSquaredError],
  ["MSE", MeanSquaredError],
  ["mae", MeanAbsoluteError],
  ["MAE", MeanAbsoluteError],
]);

/** A metric, its name, a function of labels and predictions, or a loss. */
export type MetricLike = Metric | MetricName | MetricFunction | Loss;

/** Refuses what is no metric. `argument` is its place as the caller wrote it. */
export function checkMetric(argument: string, identifier: unknown): asserts identifier is MetricLike {
  if (identifier instanceof Metric || identifier instanceof Loss || typeof identifier === "function") return;
  const known = ["accuracy", "acc", ...byName.keys()];
  if (typeof identifier === "string" && known.includes(identifier)) return;
  const hint = nameHint("metric", identifier, known);
  throw new ArgumentError(
    "metrics",
    `${argument}: expected a metric, its name (such as "accuracy") or a function (yTrue, yPred); ` +
      `got ${describe(identifier)}${hint}`,
  );
}

/**
 * The metric that an identifier stands for, given the shapes (with batch) of labels and predictions. `argument` is its
 * place as the caller wrote it.
 */
export function getMetric(identifier: MetricLike, yTrue: Shape, yPred: Shape, argument?: string): Metric {
  if (identifier instanceof Metric) return identifier;
  if (identifier instanceof Loss) return lossAsMetric(identifier);
  if (typeof identifier === "function") return new FunctionMetric(identifier, argument);
  const metricClass =
    identifier === "accuracy" || identifier === "acc" ? accuracyFor(yTrue, yPred) : byName.get(identifier)!;
  return new metricClass({ name: identifier });
}

function lossAsMetric(loss: Loss): Metric {
  const values: MetricFunction = (yTrue, yPred) => loss.call(yTrue, yPred);
  Object.defineProperty(values, "name", { value: loss.name });
  return new FunctionMetric(values);
}

function accuracyFor(yTrue: Shape, yPred: Shape): MetricClass {
  const kind = classificationKind(yTrue, yPred);
  if (kind === "binary") return BinaryAccuracy;
  return kind === "sparse" ? SparseCategoricalAccuracy : CategoricalAccuracy;
}
