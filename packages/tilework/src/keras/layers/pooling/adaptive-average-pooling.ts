import type { Value } from "../../../graph/value.ts";
import { adaptiveAveragePool } from "../../../ops/pooling/adaptive-pool.ts";
import type { CallContext } from "../call-context.ts";
import { fromChannelsLast, toChannelsLast } from "../data-format.ts";
import { AdaptivePooling } from "./adaptive-pooling.ts";

/** Takes the mean of each of a fixed number of windows that share the input out. */
export abstract class AdaptiveAveragePooling extends AdaptivePooling {
  override call(input: Value, _context: CallContext): Value {
    const images = toChannelsLast(input, this.dataFormat);
    const pooled = adaptiveAveragePool(images, { outputSizes: this.outputSize });
    return fromChannelsLast(pooled, this.dataFormat);
  }
}
