import type { Size2D } from "../../options/sizes.ts";
import { AdaptiveMaxPooling } from "./adaptive-max-pooling.ts";
import type { AdaptivePoolingOptions } from "./adaptive-pooling.ts";

/** Keeps the largest of each of `outputSize` windows over pixels of an image (batch, rows, columns, channels). */
export class AdaptiveMaxPooling2D extends AdaptiveMaxPooling {
  static override readonly className: string = "AdaptiveMaxPooling2D";

  constructor(outputSize: Size2D | AdaptivePoolingOptions<Size2D>, options?: AdaptivePoolingOptions<Size2D>) {
    super(2, [outputSize, options]);
  }
}

/** Makes a AdaptiveMaxPooling2D layer. */
export function adaptiveMaxPooling2d(
  outputSize: Size2D | AdaptivePoolingOptions<Size2D>,
  options?: AdaptivePoolingOptions<Size2D>,
): AdaptiveMaxPooling2D {
  return new AdaptiveMaxPooling2D(outputSize, options);
}
