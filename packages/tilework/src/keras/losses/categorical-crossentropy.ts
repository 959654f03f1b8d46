import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { cast } from "../../ops/unary/cast.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { readOptions } from "../options/read-options.ts";
import { categoricalCrossentropyOf } from "./crossentropy.ts";
import { type CrossentropyOptions, crossentropyChecks } from "./crossentropy-options.ts";
import { type LabelKind, Loss } from "./loss.ts";

/** Crossentropy of one-hot (or soft) labels and a score for each class. */
export class CategoricalCrossentropy extends Loss {
  static readonly className: string = "CategoricalCrossentropy";
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;

  constructor(options: CrossentropyOptions = {}) {
    const given = readOptions("categoricalCrossentropy", options, crossentropyChecks);
    super(given);
    this.fromLogits = given.fromLogits;
    this.labelSmoothing = given.labelSmoothing;
    this.axis = given.axis;
  }

  override get labelKind(): LabelKind {
    return "one-hot rows";
  }

  call(yTrue: Value, yPred: Value): Value {
    const labels = cast(yTrue, "float32");
    const classes = labels.shape[labels.shape.length - 1]!;
    const { labelSmoothing: smoothing } = this;
    const smooth = smoothing === 0 ? labels : add(multiply(labels, 1 - smoothing), smoothing / classes);
    return categoricalCrossentropyOf(smooth, yPred, this);
  }

  override getConfig(): KerasConfig {
    const { fromLogits, labelSmoothing, axis } = this;
    return { ...super.getConfig(), from_logits: fromLogits, label_smoothing: labelSmoothing, axis };
  }
}

/** Makes a `CategoricalCrossentropy`. */
export function categoricalCrossentropy(options: CrossentropyOptions = {}): CategoricalCrossentropy {
  return new CategoricalCrossentropy(options);
}
