import type { Value } from "../../graph/value.ts";
import { cast } from "../../ops/unary/cast.ts";
import { requireTensor } from "../options/require-tensor.ts";
import { Loss } from "./loss.ts";

/** A loss as a function of labels and predictions (both float32): one value for each example, or one for all. */
export type LossFunction = (yTrue: Value, yPred: Value) => Value;

/** Makes a loss of a function. */
export class FunctionLoss extends Loss {
  static readonly className: string = "LossFunctionWrapper";
  readonly #function: LossFunction;

  constructor(lossFunction: LossFunction) {
    super({ name: lossFunction.name || "loss" });
    this.#function = lossFunction;
  }

  call(yTrue: Value, yPred: Value): Value {
    return requireTensor("loss", this.#function(cast(yTrue, "float32"), yPred));
  }
}
