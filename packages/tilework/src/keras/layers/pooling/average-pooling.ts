import type { Value } from "../../../graph/value.ts";
import { averagePool } from "../../../ops/pooling/average-pool.ts";
import type { CallContext } from "../call-context.ts";
import { fromChannelsLast, toChannelsLast } from "../data-format.ts";
import { Pooling } from "./pooling.ts";

/** Takes the mean of each window's real pixels, channel by channel; padding does not count. */
export abstract class AveragePooling extends Pooling {
  constructor(rank: number, args: readonly unknown[]) {
    super(rank, undefined, args);
  }

  override call(input: Value, _context: CallContext): Value {
    const images = toChannelsLast(input, this.dataFormat);
    const pooled = averagePool(images, this.windowOver(images.shape.slice(1, -1)));
    return fromChannelsLast(pooled, this.dataFormat);
  }
}
