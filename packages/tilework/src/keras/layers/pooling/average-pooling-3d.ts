import type { Size3D } from "../../options/sizes.ts";
import { AveragePooling } from "./average-pooling.ts";
import type { PoolingOptions } from "./pooling.ts";

/** Takes the mean of each window of voxels of a volume (batch, depth, rows, columns, channels), channel by channel. Depth is unchanged. */
export class AveragePooling3D extends AveragePooling {
  static override readonly className: string = "AveragePooling3D";

  constructor(poolSize: Size3D | PoolingOptions<Size3D>, options?: PoolingOptions<Size3D>) {
    super(3, [poolSize, options]);
  }
}

/** Makes a AveragePooling3D layer; the pool size is required. */
export function averagePooling3d(
  poolSize: Size3D | PoolingOptions<Size3D>,
  options?: PoolingOptions<Size3D>,
): AveragePooling3D {
  return new AveragePooling3D(poolSize, options);
}
