import { GlobalMaxPooling } from "./global-max-pooling.ts";
import type { GlobalPoolingOptions } from "./global-pooling.ts";

/** Keeps the largest element of each channel over all voxels: (batch, depth, rows, columns, channels) to (batch, channels). */
export class GlobalMaxPooling3D extends GlobalMaxPooling {
  static override readonly className: string = "GlobalMaxPooling3D";

  constructor(options?: GlobalPoolingOptions) {
    super(3, options);
  }
}

/** Makes a GlobalMaxPooling3D layer. */
export function globalMaxPooling3d(options?: GlobalPoolingOptions): GlobalMaxPooling3D {
  return new GlobalMaxPooling3D(options);
}
