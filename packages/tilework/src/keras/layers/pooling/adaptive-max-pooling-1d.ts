import type { Size1D } from "../../options/sizes.ts";
import { AdaptiveMaxPooling } from "./adaptive-max-pooling.ts";
import type { AdaptivePoolingOptions } from "./adaptive-pooling.ts";

/** Keeps the largest of each of `outputSize` windows over steps of a sequence (batch, steps, channels). */
export class AdaptiveMaxPooling1D extends AdaptiveMaxPooling {
  static override readonly className: string = "AdaptiveMaxPooling1D";

  constructor(outputSize: Size1D | AdaptivePoolingOptions<Size1D>, options?: AdaptivePoolingOptions<Size1D>) {
    super(1, [outputSize, options]);
  }
}

/** Makes a AdaptiveMaxPooling1D layer. */
export function adaptiveMaxPooling1d(
  outputSize: Size1D | AdaptivePoolingOptions<Size1D>,
  options?: AdaptivePoolingOptions<Size1D>,
): AdaptiveMaxPooling1D {
  return new AdaptiveMaxPooling1D(outputSize, options);
}
