import { GlobalAveragePooling } from "./global-average-pooling.ts";
import type { GlobalPoolingOptions } from "./global-pooling.ts";

/** Takes the mean of each channel over all voxels: (batch, depth, rows, columns, channels) to (batch, channels). */
export class GlobalAveragePooling3D extends GlobalAveragePooling {
  static override readonly className: string = "GlobalAveragePooling3D";

  constructor(options?: GlobalPoolingOptions) {
    super(3, options);
  }
}

/** Makes a GlobalAveragePooling3D layer. */
export function globalAveragePooling3d(options?: GlobalPoolingOptions): GlobalAveragePooling3D {
  return new GlobalAveragePooling3D(options);
}
