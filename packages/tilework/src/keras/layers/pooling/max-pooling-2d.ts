import type { Size2D } from "../../options/sizes.ts";
import { MaxPooling } from "./max-pooling.ts";
import type { PoolingOptions } from "./pooling.ts";

/** Keeps the largest of each window of pixels of an image (batch, rows, columns, channels), channel by channel. Depth is unchanged. */
export class MaxPooling2D extends MaxPooling {
  static override readonly className: string = "MaxPooling2D";

  constructor(poolSize?: Size2D | PoolingOptions<Size2D>, options?: PoolingOptions<Size2D>) {
    super(2, [poolSize, options]);
  }
}

/** Makes a MaxPooling2D layer: a window of 2 by default. */
export function maxPooling2d(
  poolSize?: Size2D | PoolingOptions<Size2D>,
  options?: PoolingOptions<Size2D>,
): MaxPooling2D {
  return new MaxPooling2D(poolSize, options);
}
