/** How often predictions are right, in Keras's meanings: equal, on the right side of a threshold, largest. */
import type { Value } from "../../graph/value.ts";
import { equal, greater } from "../../ops/binary/comparison.ts";
import { argmax } from "../../ops/reduce/argmax.ts";
import { reshape } from "../../ops/shape/reshape.ts";
import { cast } from "../../ops/unary/cast.ts";
import { formatShape, sameShape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { matchLastAxis } from "../losses/match-ranks.ts";
import { finite, optional } from "../options/checks.ts";
import { type OptionChecks, readOptions } from "../options/read-options.ts";
import { MeanMetric } from "./mean-metric.ts";
import { type MetricOptions, metricChecks } from "./metric.ts";

abstract class AccuracyMetric extends MeanMetric {
  override get direction(): "max" {
    return "max";
  }
}

/** How often predictions equal labels. */
export class Accuracy extends AccuracyMetric {
  static readonly className: string = "Accuracy";

  constructor(options: MetricOptions = {}) {
    super(readOptions("accuracy", options, metricChecks));
  }

  values(yTrue: Value, yPred: Value): Value {
    const [labels, predictions] = matchLastAxis(cast(yTrue, "float32"), yPred);
    checkSameShape(this.name, labels, predictions);
    return equal(labels, predictions);
  }
}

export interface BinaryAccuracyOptions extends MetricOptions {
  /** Predictions above it count as 1. Default 0.5. */
  readonly threshold?: number | undefined;
}

const binaryChecks = { ...metricChecks, threshold: optional(finite, 0.5) } as const satisfies OptionChecks;

/** How often a prediction lies on its label's side of a threshold. */
export class BinaryAccuracy extends AccuracyMetric {
  static readonly className: string = "BinaryAccuracy";
  readonly threshold: number;

  constructor(options: BinaryAccuracyOptions = {}) {
    const given = readOptions("binaryAccuracy", options, binaryChecks);
    super(given);
    this.threshold = given.threshold;
  }

  values(yTrue: Value, yPred: Value): Value {
    const [labels, predictions] = matchLastAxis(cast(yTrue, "float32"), yPred);
    checkSameShape(this.name, labels, predictions);
    return equal(labels, cast(greater(predictions, this.threshold), "float32"));
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), threshold: this.threshold };
  }
}

/** How often the largest score stands where the one-hot label's 1 stands. */
export class CategoricalAccuracy extends AccuracyMetric {
  static readonly className: string = "CategoricalAccuracy";

  constructor(options: MetricOptions = {}) {
    super(readOptions("categoricalAccuracy", options, metricChecks));
  }

  values(yTrue: Value, yPred: Value): Value {
    checkSameShape(this.name, yTrue, yPred);
    return equal(argmax(cast(yTrue, "float32")), argmax(yPred));
  }
}

/** How often the largest score stands at the label's class index. */
export class SparseCategoricalAccuracy extends AccuracyMetric {
  static readonly className: string = "SparseCategoricalAccuracy";

  constructor(options: MetricOptions = {}) {
    super(readOptions("sparseCategoricalAccuracy", options, metricChecks));
  }

  values(yTrue: Value, yPred: Value): Value {
    const places = yPred.shape.slice(0, -1);
    const labels = sameShape(yTrue.shape, [...places, 1]) ? reshape(yTrue, places) : yTrue;
    if (!sameShape(labels.shape, places))
      throw new ShapeError(
        `${this.name}: labels ${formatShape(yTrue.shape)} do not fit predictions ${formatShape(yPred.shape)}; ` +
          `there must be one class index for each row of scores, ${formatShape(places)}`,
      );
    return equal(cast(labels, "float32"), cast(argmax(yPred), "float32"));
  }
}

function checkSameShape(name: string, yTrue: Value, yPred: Value): void {
  if (!sameShape(yTrue.shape, yPred.shape))
    throw new ShapeError(
      `${name}: labels ${formatShape(yTrue.shape)} and predictions ${formatShape(yPred.shape)} must have the same shape`,
    );
}

/** Makes an `Accuracy`. */
export function accuracy(options: MetricOptions = {}): Accuracy {
  return new Accuracy(options);
}

/** Makes a `BinaryAccuracy`. */
export function binaryAccuracy(options: BinaryAccuracyOptions = {}): BinaryAccuracy {
  return new BinaryAccuracy(options);
}

/** Makes a `CategoricalAccuracy`. */
export function categoricalAccuracy(options: MetricOptions = {}): CategoricalAccuracy {
  return new CategoricalAccuracy(options);
}

/** Makes a `SparseCategoricalAccuracy`. */
export function sparseCategoricalAccuracy(options: MetricOptions = {}): SparseCategoricalAccuracy {
  return new SparseCategoricalAccuracy(options);
}
