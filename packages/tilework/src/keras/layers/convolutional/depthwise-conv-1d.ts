import type { Size1D } from "../../options/sizes.ts";
import type { DepthwiseOptions } from "./convolution-options.ts";
import { DepthwiseConvolution } from "./depthwise-convolution.ts";

/** Convolves each channel of sequences (batch, steps, channels) by itself. */
export class DepthwiseConv1D extends DepthwiseConvolution {
  static override readonly className: string = "DepthwiseConv1D";

  constructor(kernelSize: Size1D | DepthwiseOptions<Size1D>, options?: DepthwiseOptions<Size1D>) {
    super(1, [kernelSize, options]);
  }
}

/** Makes a DepthwiseConv1D layer. */
export function depthwiseConv1d(
  kernelSize: Size1D | DepthwiseOptions<Size1D>,
  options?: DepthwiseOptions<Size1D>,
): DepthwiseConv1D {
  return new DepthwiseConv1D(kernelSize, options);
}
