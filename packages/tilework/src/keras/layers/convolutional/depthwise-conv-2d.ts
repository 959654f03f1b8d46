import type { Size2D } from "../../options/sizes.ts";
import type { DepthwiseOptions } from "./convolution-options.ts";
import { DepthwiseConvolution } from "./depthwise-convolution.ts";

/** Convolves each channel of images (batch, rows, columns, channels) by itself. */
export class DepthwiseConv2D extends DepthwiseConvolution {
  static override readonly className: string = "DepthwiseConv2D";

  constructor(kernelSize: Size2D | DepthwiseOptions<Size2D>, options?: DepthwiseOptions<Size2D>) {
    super(2, [kernelSize, options]);
  }
}

/** Makes a DepthwiseConv2D layer. */
export function depthwiseConv2d(
  kernelSize: Size2D | DepthwiseOptions<Size2D>,
  options?: DepthwiseOptions<Size2D>,
): DepthwiseConv2D {
  return new DepthwiseConv2D(kernelSize, options);
}
