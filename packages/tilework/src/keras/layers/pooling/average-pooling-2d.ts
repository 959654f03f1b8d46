import type { Size2D } from "../../options/sizes.ts";
import { AveragePooling } from "./average-pooling.ts";
import type { PoolingOptions } from "./pooling.ts";

/** Takes the mean of each window of pixels of an image (batch, rows, columns, channels), channel by channel. Depth is unchanged. */
export class AveragePooling2D extends AveragePooling {
  static override readonly className: string = "AveragePooling2D";

  constructor(poolSize: Size2D | PoolingOptions<Size2D>, options?: PoolingOptions<Size2D>) {
    super(2, [poolSize, options]);
  }
}

/** Makes a AveragePooling2D layer; the pool size is required. */
export function averagePooling2d(
  poolSize: Size2D | PoolingOptions<Size2D>,
  options?: PoolingOptions<Size2D>,
): AveragePooling2D {
  return new AveragePooling2D(poolSize, options);
}
