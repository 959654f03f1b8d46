/** The namespace `metrics`: each metric as a class and a factory. */
export {
  Accuracy,
  accuracy,
  BinaryAccuracy,
  type BinaryAccuracyOptions,
  binaryAccuracy,
  CategoricalAccuracy,
  categoricalAccuracy,
  SparseCategoricalAccuracy,
  sparseCategoricalAccuracy,
} from "./accuracy.ts";
export type { MetricFunction } from "./function-metric.ts";
export {
  BinaryCrossentropy,
  binaryCrossentropy,
  CategoricalCrossentropy,
  type CrossentropyMetricOptions,
  categoricalCrossentropy,
  MeanAbsoluteError,
  MeanSquaredError,
  meanAbsoluteError,
  meanSquaredError,
  SparseCategoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from "./loss-metrics.ts";
export { MeanMetric } from "./mean-metric.ts";
export { Metric, type MetricOptions, type MetricState } from "./metric.ts";
