import type { Size1D } from "../../options/sizes.ts";
import { MaxPooling } from "./max-pooling.ts";
import type { PoolingOptions } from "./pooling.ts";

/** Keeps the largest of each window of steps of a sequence (batch, steps, channels), channel by channel. Depth is unchanged. */
export class MaxPooling1D extends MaxPooling {
  static override readonly className: string = "MaxPooling1D";

  constructor(poolSize?: Size1D | PoolingOptions<Size1D>, options?: PoolingOptions<Size1D>) {
    super(1, [poolSize, options]);
  }
}

/** Makes a MaxPooling1D layer: a window of 2 by default. */
export function maxPooling1d(
  poolSize?: Size1D | PoolingOptions<Size1D>,
  options?: PoolingOptions<Size1D>,
): MaxPooling1D {
  return new MaxPooling1D(poolSize, options);
}
