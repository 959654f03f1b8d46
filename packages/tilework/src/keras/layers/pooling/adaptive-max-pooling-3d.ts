import type { Size3D } from "../../options/sizes.ts";
import { AdaptiveMaxPooling } from "./adaptive-max-pooling.ts";
import type { AdaptivePoolingOptions } from "./adaptive-pooling.ts";

/** Keeps the largest of each of `outputSize` windows over voxels of a volume (batch, depth, rows, columns, channels). */
export class AdaptiveMaxPooling3D extends AdaptiveMaxPooling {
  static override readonly className: string = "AdaptiveMaxPooling3D";

  constructor(outputSize: Size3D | AdaptivePoolingOptions<Size3D>, options?: AdaptivePoolingOptions<Size3D>) {
    super(3, [outputSize, options]);
  }
}

/** Makes a AdaptiveMaxPooling3D layer. */
export function adaptiveMaxPooling3d(
  outputSize: Size3D | AdaptivePoolingOptions<Size3D>,
  options?: AdaptivePoolingOptions<Size3D>,
): AdaptiveMaxPooling3D {
  return new AdaptiveMaxPooling3D(outputSize, options);
}
