import type { Value } from "../../graph/value.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { cast } from "../../ops/unary/cast.ts";
import { square } from "../../ops/unary/powers.ts";
import { readOptions } from "../options/read-options.ts";
import { type LabelKind, Loss, type LossOptions, lossChecks } from "./loss.ts";
import { matchForDifference } from "./match-ranks.ts";

/** The mean over the last axis of (yTrue - yPred)². */
export function squaredError(yTrue: Value, yPred: Value): Value {
  const [labels, predictions] = matchForDifference(cast(yTrue, "float32"), yPred);
  return reduceMean(square(subtract(labels, predictions)), { axes: -1 });
}

/** Mean squared error. */
export class MeanSquaredError extends Loss {
  static readonly className: string = "MeanSquaredError";

  constructor(options: LossOptions = {}) {
    super(readOptions("meanSquaredError", options, lossChecks));
  }

  override get labelKind(): LabelKind {
    return "targets";
  }

  call(yTrue: Value, yPred: Value): Value {
    return squaredError(yTrue, yPred);
  }
}

/** Makes a `MeanSquaredError`. */
export function meanSquaredError(options: LossOptions = {}): MeanSquaredError {
  return new MeanSquaredError(options);
}
