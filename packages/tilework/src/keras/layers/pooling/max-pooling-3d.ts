import type { Size3D } from "../../options/sizes.ts";
import { MaxPooling } from "./max-pooling.ts";
import type { PoolingOptions } from "./pooling.ts";

/** Keeps the largest of each window of voxels of a volume (batch, depth, rows, columns, channels), channel by channel. Depth is unchanged. */
export class MaxPooling3D extends MaxPooling {
  static override readonly className: string = "MaxPooling3D";

  constructor(poolSize?: Size3D | PoolingOptions<Size3D>, options?: PoolingOptions<Size3D>) {
    super(3, [poolSize, options]);
  }
}

/** Makes a MaxPooling3D layer: a window of 2 by default. */
export function maxPooling3d(
  poolSize?: Size3D | PoolingOptions<Size3D>,
  options?: PoolingOptions<Size3D>,
): MaxPooling3D {
  return new MaxPooling3D(poolSize, options);
}
