import type { Value } from "../../../graph/value.ts";
import { reduceMax } from "../../../ops/reduce/reduce-extremum.ts";
import type { CallContext } from "../call-context.ts";
import { GlobalPooling } from "./global-pooling.ts";

/** Keeps each channel's largest element; the gradient is shared evenly among ties. */
export abstract class GlobalMaxPooling extends GlobalPooling {
  override call(input: Value, _context: CallContext, _mask?: Value): Value {
    return reduceMax(input, { axes: this.spatialAxes(input), keepDims: this.keepdims });
  }
}
