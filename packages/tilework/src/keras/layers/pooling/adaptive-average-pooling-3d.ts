import type { Size3D } from "../../options/sizes.ts";
import { AdaptiveAveragePooling } from "./adaptive-average-pooling.ts";
import type { AdaptivePoolingOptions } from "./adaptive-pooling.ts";

/** Takes the mean of each of `outputSize` windows over voxels of a volume (batch, depth, rows, columns, channels). */
export class AdaptiveAveragePooling3D extends AdaptiveAveragePooling {
  static override readonly className: string = "AdaptiveAveragePooling3D";

  constructor(outputSize: Size3D | AdaptivePoolingOptions<Size3D>, options?: AdaptivePoolingOptions<Size3D>) {
    super(3, [outputSize, options]);
  }
}

/** Makes a AdaptiveAveragePooling3D layer. */
export function adaptiveAveragePooling3d(
  outputSize: Size3D | AdaptivePoolingOptions<Size3D>,
  options?: AdaptivePoolingOptions<Size3D>,
): AdaptiveAveragePooling3D {
  return new AdaptiveAveragePooling3D(outputSize, options);
}
