import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { cast } from "../../ops/unary/cast.ts";
import type { KerasConfig } from "../initializers/initializer.ts";
import { readOptions } from "../options/read-options.ts";
import { binaryCrossentropyOf } from "./crossentropy.ts";
import { type CrossentropyOptions, crossentropyChecks } from "./crossentropy-options.ts";
import { type LabelKind, Loss } from "./loss.ts";
import { matchLastAxis } from "./match-ranks.ts";

/** Crossentropy of labels 0 or 1 (or between) and one score each, averaged along the last axis. */
export class BinaryCrossentropy extends Loss {
  static readonly className: string = "BinaryCrossentropy";
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;

  constructor(options: CrossentropyOptions = {}) {
    const given = readOptions("binaryCrossentropy", options, crossentropyChecks);
    super(given);
    this.fromLogits = given.fromLogits;
    this.labelSmoothing = given.labelSmoothing;
    this.axis = given.axis;
  }

  override get labelKind(): LabelKind {
    return "probabilities";
  }

  call(yTrue: Value, yPred: Value): Value {
    const [labels, predictions] = matchLastAxis(cast(yTrue, "float32"), yPred);
    const { labelSmoothing: smoothing } = this;
    const smooth = smoothing === 0 ? labels : add(multiply(labels, 1 - smoothing), 0.5 * smoothing);
    return binaryCrossentropyOf(smooth, predictions, this);
  }

  override getConfig(): KerasConfig {
    const { fromLogits, labelSmoothing, axis } = this;
    return { ...super.getConfig(), from_logits: fromLogits, label_smoothing: labelSmoothing, axis };
  }
}

/** Makes a `BinaryCrossentropy`. */
export function binaryCrossentropy(options: CrossentropyOptions = {}): BinaryCrossentropy {
  return new BinaryCrossentropy(options);
}
