import { GlobalMaxPooling } from "./global-max-pooling.ts";
import type { GlobalPoolingOptions } from "./global-pooling.ts";

/** Keeps the largest element of each channel over all steps: (batch, steps, channels) to (batch, channels). */
export class GlobalMaxPooling1D extends GlobalMaxPooling {
  static override readonly className: string = "GlobalMaxPooling1D";

  constructor(options?: GlobalPoolingOptions) {
    super(1, options);
  }
}

/** Makes a GlobalMaxPooling1D layer. */
export function globalMaxPooling1d(options?: GlobalPoolingOptions): GlobalMaxPooling1D {
  return new GlobalMaxPooling1D(options);
}
