import { GlobalAveragePooling } from "./global-average-pooling.ts";
import type { GlobalPoolingOptions } from "./global-pooling.ts";

/** Takes the mean of each channel over all pixels: (batch, rows, columns, channels) to (batch, channels). */
export class GlobalAveragePooling2D extends GlobalAveragePooling {
  static override readonly className: string = "GlobalAveragePooling2D";

  constructor(options?: GlobalPoolingOptions) {
    super(2, options);
  }
}

/** Makes a GlobalAveragePooling2D layer. */
export function globalAveragePooling2d(options?: GlobalPoolingOptions): GlobalAveragePooling2D {
  return new GlobalAveragePooling2D(options);
}
