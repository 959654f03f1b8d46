import type { Value } from "../../../graph/value.ts";
import { adaptiveMaxPool } from "../../../ops/pooling/adaptive-pool.ts";
import type { CallContext } from "../call-context.ts";
import { fromChannelsLast, toChannelsLast } from "../data-format.ts";
import { AdaptivePooling } from "./adaptive-pooling.ts";

/** Keeps the largest element of each of a fixed number of windows that share the input out. */
export abstract class AdaptiveMaxPooling extends AdaptivePooling {
  override call(input: Value, context: CallContext): Value {
    const images = toChannelsLast(input, this.dataFormat);
    const pooled = adaptiveMaxPool(images, { outputSizes: this.outputSize, codes: context.training });
    return fromChannelsLast(pooled, this.dataFormat);
  }
}
