import type { Value } from "../../../graph/value.ts";
import { divide } from "../../../ops/binary/divide.ts";
import { multiply } from "../../../ops/binary/multiply.ts";
import { reduceSum } from "../../../ops/reduce/reduce-sum.ts";
import { reshape } from "../../../ops/shape/reshape.ts";
import { cast } from "../../../ops/unary/cast.ts";
import { formatShape } from "../../../tensor/shape.ts";
import { ShapeError } from "../../../util/errors.ts";
import type { CallContext } from "../call-context.ts";
import { GlobalAveragePooling } from "./global-average-pooling.ts";
import type { GlobalPoolingOptions } from "./global-pooling.ts";

/**
 * Takes the mean of each channel over all steps: (batch, steps, channels) to (batch, channels). With a mask
 * (batch, steps), only steps whose mask is not 0 count.
 */
export class GlobalAveragePooling1D extends GlobalAveragePooling {
  static override readonly className: string = "GlobalAveragePooling1D";

  constructor(options?: GlobalPoolingOptions) {
    super(1, options);
  }

  override get supportsMasking(): boolean {
    return true;
  }

  override call(input: Value, context: CallContext, mask?: Value): Value {
    if (mask === undefined) return super.call(input, context);
    const axes = this.spatialAxes(input);
    const expected = [input.shape[0]!, input.shape[axes[0]!]!];
    if (mask.shape.join() !== expected.join())
      throw new ShapeError(
        `${this.name}: mask must have the shape ${formatShape(expected)} (batch, steps), got ${formatShape(mask.shape)}`,
      );
    const weights = reshape(
      cast(mask, "float32"),
      input.shape.map((size, axis) => (axis === 0 || axes.includes(axis) ? size : 1)),
    );
    const options = { axes, keepDims: this.keepdims };
    return divide(reduceSum(multiply(input, weights), options), reduceSum(weights, options));
  }
}

/** Makes a GlobalAveragePooling1D layer. */
export function globalAveragePooling1d(options?: GlobalPoolingOptions): GlobalAveragePooling1D {
  return new GlobalAveragePooling1D(options);
}
