import type { Value } from "../../graph/value.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { abs } from "../../ops/unary/abs.ts";
import { cast } from "../../ops/unary/cast.ts";
import { readOptions } from "../options/read-options.ts";
import { type LabelKind, Loss, type LossOptions, lossChecks } from "./loss.ts";
import { matchForDifference } from "./match-ranks.ts";

/** The mean over the last axis of |yTrue - yPred|. */
export function absoluteError(yTrue: Value, yPred: Value): Value {
  const [labels, predictions] = matchForDifference(cast(yTrue, "float32"), yPred);
  return reduceMean(abs(subtract(labels, predictions)), { axes: -1 });
}

/** Mean absolute error. */
export class MeanAbsoluteError extends Loss {
  static readonly className: string = "MeanAbsoluteError";

  constructor(options: LossOptions = {}) {
    super(readOptions("meanAbsoluteError", options, lossChecks));
  }

  override get labelKind(): LabelKind {
    return "targets";
  }

  call(yTrue: Value, yPred: Value): Value {
    return absoluteError(yTrue, yPred);
  }
}

/** Makes a `MeanAbsoluteError`. */
export function meanAbsoluteError(options: LossOptions = {}): MeanAbsoluteError {
  return new MeanAbsoluteError(options);
}
