import type { Size1D } from "../../options/sizes.ts";
import { Convolution } from "./convolution.ts";
import type { Convolution1DOptions } from "./convolution-options.ts";

/** Convolves sequences (batch, steps, channels) with `filters` kernels; the result has one channel a filter. */
export class Conv1D extends Convolution {
  static override readonly className: string = "Conv1D";

  constructor(filters: number, kernelSize: Size1D, options?: Convolution1DOptions);
  constructor(options: Convolution1DOptions);
  constructor(...args: readonly unknown[]) {
    super(1, args);
  }
}

/** Makes a Conv1D layer. */
export function conv1d(filters: number, kernelSize: Size1D, options?: Convolution1DOptions): Conv1D;
export function conv1d(options: Convolution1DOptions): Conv1D;
export function conv1d(...args: readonly unknown[]): Conv1D {
  return new Conv1D(...(args as [number, Size1D, Convolution1DOptions?]));
}
