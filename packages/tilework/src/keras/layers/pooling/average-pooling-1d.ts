import type { Size1D } from "../../options/sizes.ts";
import { AveragePooling } from "./average-pooling.ts";
import type { PoolingOptions } from "./pooling.ts";

/** Takes the mean of each window of steps of a sequence (batch, steps, channels), channel by channel. Depth is unchanged. */
export class AveragePooling1D extends AveragePooling {
  static override readonly className: string = "AveragePooling1D";

  constructor(poolSize: Size1D | PoolingOptions<Size1D>, options?: PoolingOptions<Size1D>) {
    super(1, [poolSize, options]);
  }
}

/** Makes a AveragePooling1D layer; the pool size is required. */
export function averagePooling1d(
  poolSize: Size1D | PoolingOptions<Size1D>,
  options?: PoolingOptions<Size1D>,
): AveragePooling1D {
  return new AveragePooling1D(poolSize, options);
}
