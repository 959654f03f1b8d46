/** Losses as metrics: the mean over all examples, without reduction options. */
import type { Value } from "../../graph/value.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { BinaryCrossentropy as BinaryCrossentropyLoss } from "../losses/binary-crossentropy.ts";
import { CategoricalCrossentropy as CategoricalCrossentropyLoss } from "../losses/categorical-crossentropy.ts";
import { type CrossentropyOptions, crossentropyChecks } from "../losses/crossentropy-options.ts";
import type { Loss } from "../losses/loss.ts";
import { absoluteError } from "../losses/mean-absolute-error.ts";
import { squaredError } from "../losses/mean-squared-error.ts";
import { SparseCategoricalCrossentropy as SparseCategoricalCrossentropyLoss } from "../losses/sparse-categorical-crossentropy.ts";
import { readOptions } from "../options/read-options.ts";
import { MeanMetric } from "./mean-metric.ts";
import { type MetricOptions, metricChecks } from "./metric.ts";

abstract class ErrorMetric extends MeanMetric {
  override get direction(): "min" {
    return "min";
  }
}

/** The mean squared error. */
export class MeanSquaredError extends ErrorMetric {
  static readonly className: string = "MeanSquaredError";

  constructor(options: MetricOptions = {}) {
    super(readOptions("meanSquaredError", options, metricChecks));
  }

  values(yTrue: Value, yPred: Value): Value {
    return squaredError(yTrue, yPred);
  }
}

/** The mean absolute error. */
export class MeanAbsoluteError extends ErrorMetric {
  static readonly className: string = "MeanAbsoluteError";

  constructor(options: MetricOptions = {}) {
    super(readOptions("meanAbsoluteError", options, metricChecks));
  }

  values(yTrue: Value, yPred: Value): Value {
    return absoluteError(yTrue, yPred);
  }
}

/** Options of the crossentropies as metrics. */
export type CrossentropyMetricOptions = Omit<CrossentropyOptions, "reduction">;

abstract class CrossentropyMetric extends ErrorMetric {
  readonly #loss: Loss;

  constructor(options: MetricOptions, loss: (options: object) => Loss) {
    const { name, ...rest } = options;
    super({ name });
    this.#loss = loss({ ...rest, name: this.name });
  }

  values(yTrue: Value, yPred: Value): Value {
    return this.#loss.call(yTrue, yPred);
  }

  override getConfig(): KerasConfig {
    const { reduction: _, ...config } = this.#loss.getConfig();
    return { ...config, ...super.getConfig() };
  }
}

/** The crossentropy of labels 0 or 1 and one score each. */
export class BinaryCrossentropy extends CrossentropyMetric {
  static readonly className: string = "BinaryCrossentropy";

  constructor(options: CrossentropyMetricOptions = {}) {
    super(readOptions("binaryCrossentropy", options, checks), (given) => new BinaryCrossentropyLoss(given));
  }
}

/** The crossentropy of one-hot labels and a score for each class. */
export class CategoricalCrossentropy extends CrossentropyMetric {
  static readonly className: string = "CategoricalCrossentropy";

  constructor(options: CrossentropyMetricOptions = {}) {
    super(
      readOptions("categoricalCrossentropy", options, checks),
      (given) => new CategoricalCrossentropyLoss(given),
    );
  }
}

/** The crossentropy of class indices and a score for each class. */
export class SparseCategoricalCrossentropy extends CrossentropyMetric {
  static readonly className: string = "SparseCategoricalCrossentropy";

  constructor(options: Omit<CrossentropyMetricOptions, "labelSmoothing" | "axis"> = {}) {
    super(
      readOptions("sparseCategoricalCrossentropy", options, sparseChecks),
      (given) => new SparseCategoricalCrossentropyLoss(given),
    );
  }
}

const { reduction: _reduction, ...checks } = crossentropyChecks;
const sparseChecks = { name: checks.name, fromLogits: checks.fromLogits };

/** Makes a `MeanSquaredError`. */
export function meanSquaredError(options: MetricOptions = {}): MeanSquaredError {
  return new MeanSquaredError(options);
}

/** Makes a `MeanAbsoluteError`. */
export function meanAbsoluteError(options: MetricOptions = {}): MeanAbsoluteError {
  return new MeanAbsoluteError(options);
}

/** Makes a `BinaryCrossentropy`. */
export function binaryCrossentropy(options: CrossentropyMetricOptions = {}): BinaryCrossentropy {
  return new BinaryCrossentropy(options);
}

/** Makes a `CategoricalCrossentropy`. */
export function categoricalCrossentropy(options: CrossentropyMetricOptions = {}): CategoricalCrossentropy {
  return new CategoricalCrossentropy(options);
}

/** Makes a `SparseCategoricalCrossentropy`. */
export function sparseCategoricalCrossentropy(
  options: Omit<CrossentropyMetricOptions, "labelSmoothing" | "axis"> = {},
): SparseCategoricalCrossentropy {
  return new SparseCategoricalCrossentropy(options);
}
