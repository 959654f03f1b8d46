import type { Value } from "../../../graph/value.ts";
import { reduceMean } from "../../../ops/reduce/reduce-mean.ts";
import type { CallContext } from "../call-context.ts";
import { GlobalPooling } from "./global-pooling.ts";

/** Takes the mean of each channel. */
export abstract class GlobalAveragePooling extends GlobalPooling {
  override call(input: Value, _context: CallContext, _mask?: Value): Value {
    return reduceMean(input, { axes: this.spatialAxes(input), keepDims: this.keepdims });
  }
}
