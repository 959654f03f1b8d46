import type { Size3D } from "../../options/sizes.ts";
import { Convolution } from "./convolution.ts";
import type { ConvolutionOptions } from "./convolution-options.ts";

/** Convolves volumes (batch, depth, rows, columns, channels) with `filters` kernels; the result has one channel a filter. */
export class Conv3D extends Convolution {
  static override readonly className: string = "Conv3D";

  constructor(filters: number, kernelSize: Size3D, options?: ConvolutionOptions<Size3D>);
  constructor(options: ConvolutionOptions<Size3D>);
  constructor(...args: readonly unknown[]) {
    super(3, args);
  }
}

/** Makes a Conv3D layer. */
export function conv3d(filters: number, kernelSize: Size3D, options?: ConvolutionOptions<Size3D>): Conv3D;
export function conv3d(options: ConvolutionOptions<Size3D>): Conv3D;
export function conv3d(...args: readonly unknown[]): Conv3D {
  return new Conv3D(...(args as [number, Size3D, ConvolutionOptions<Size3D>?]));
}
