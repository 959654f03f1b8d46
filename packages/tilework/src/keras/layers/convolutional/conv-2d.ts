import type { Size2D } from "../../options/sizes.ts";
import { Convolution } from "./convolution.ts";
import type { ConvolutionOptions } from "./convolution-options.ts";

/** Convolves images (batch, rows, columns, channels) with `filters` kernels; the result has one channel a filter. */
export class Conv2D extends Convolution {
  static override readonly className: string = "Conv2D";

  constructor(filters: number, kernelSize: Size2D, options?: ConvolutionOptions<Size2D>);
  constructor(options: ConvolutionOptions<Size2D>);
  constructor(...args: readonly unknown[]) {
    super(2, args);
  }
}

/** Makes a Conv2D layer. */
export function conv2d(filters: number, kernelSize: Size2D, options?: ConvolutionOptions<Size2D>): Conv2D;
export function conv2d(options: ConvolutionOptions<Size2D>): Conv2D;
export function conv2d(...args: readonly unknown[]): Conv2D {
  return new Conv2D(...(args as [number, Size2D, ConvolutionOptions<Size2D>?]));
}
