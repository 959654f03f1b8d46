import type { Size1D } from "../../options/sizes.ts";
import { AdaptiveAveragePooling } from "./adaptive-average-pooling.ts";
import type { AdaptivePoolingOptions } from "./adaptive-pooling.ts";

/** Takes the mean of each of `outputSize` windows over steps of a sequence (batch, steps, channels). */
export class AdaptiveAveragePooling1D extends AdaptiveAveragePooling {
  static override readonly className: string = "AdaptiveAveragePooling1D";

  constructor(outputSize: Size1D | AdaptivePoolingOptions<Size1D>, options?: AdaptivePoolingOptions<Size1D>) {
    super(1, [outputSize, options]);
  }
}

/** Makes a AdaptiveAveragePooling1D layer. */
export function adaptiveAveragePooling1d(
  outputSize: Size1D | AdaptivePoolingOptions<Size1D>,
  options?: AdaptivePoolingOptions<Size1D>,
): AdaptiveAveragePooling1D {
  return new AdaptiveAveragePooling1D(outputSize, options);
}
