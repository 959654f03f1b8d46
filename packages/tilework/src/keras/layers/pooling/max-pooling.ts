import type { Value } from "../../../graph/value.ts";
import { maxPool } from "../../../ops/pooling/max-pool.ts";
import type { CallContext } from "../call-context.ts";
import { fromChannelsLast, toChannelsLast } from "../data-format.ts";
import { Pooling } from "./pooling.ts";

/** Keeps the largest element of each window, channel by channel; padding never wins. */
export abstract class MaxPooling extends Pooling {
  constructor(rank: number, args: readonly unknown[]) {
    super(rank, 2, args);
  }

  override call(input: Value, context: CallContext): Value {
    const images = toChannelsLast(input, this.dataFormat);
    const pooled = maxPool(images, {
      ...this.windowOver(images.shape.slice(1, -1)),
      codes: context.training,
    });
    return fromChannelsLast(pooled, this.dataFormat);
  }
}
