import { GlobalMaxPooling } from "./global-max-pooling.ts";
import type { GlobalPoolingOptions } from "./global-pooling.ts";

/** Keeps the largest element of each channel over all pixels: (batch, rows, columns, channels) to (batch, channels). */
export class GlobalMaxPooling2D extends GlobalMaxPooling {
  static override readonly className: string = "GlobalMaxPooling2D";

  constructor(options?: GlobalPoolingOptions) {
    super(2, options);
  }
}

/** Makes a GlobalMaxPooling2D layer. */
export function globalMaxPooling2d(options?: GlobalPoolingOptions): GlobalMaxPooling2D {
  return new GlobalMaxPooling2D(options);
}
