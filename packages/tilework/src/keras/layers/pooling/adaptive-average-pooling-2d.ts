import type { Size2D } from "../../options/sizes.ts";
import { AdaptiveAveragePooling } from "./adaptive-average-pooling.ts";
import type { AdaptivePoolingOptions } from "./adaptive-pooling.ts";

/** Takes the mean of each of `outputSize` windows over pixels of an image (batch, rows, columns, channels). */
export class AdaptiveAveragePooling2D extends AdaptiveAveragePooling {
  static override readonly className: string = "AdaptiveAveragePooling2D";

  constructor(outputSize: Size2D | AdaptivePoolingOptions<Size2D>, options?: AdaptivePoolingOptions<Size2D>) {
    super(2, [outputSize, options]);
  }
}

/** Makes a AdaptiveAveragePooling2D layer. */
export function adaptiveAveragePooling2d(
  outputSize: Size2D | AdaptivePoolingOptions<Size2D>,
  options?: AdaptivePoolingOptions<Size2D>,
): AdaptiveAveragePooling2D {
  return new AdaptiveAveragePooling2D(outputSize, options);
}
