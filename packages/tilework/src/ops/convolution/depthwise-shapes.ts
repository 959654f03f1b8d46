/** Shape rules of the depthwise convolutions: kernels are `[…taps, channels, multiplier]`. */
import { formatShape, type Shape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { spatialSizes } from "./convolution-shapes.ts";
import { outputSizes, type Window, type WindowOptions, windowsOf } from "./window.ts";

/** Everything that the ops of one depthwise convolution share. */
export interface DepthwiseGeometry {
  readonly batch: number;
  readonly windows: readonly Window[];
  readonly inputSizes: readonly number[];
  readonly outputSizes: readonly number[];
  readonly channels: number;
  /** Results of each channel. */
  readonly multiplier: number;
}

export function depthwiseGeometry(
  name: string,
  inputShape: Shape,
  kernelShape: Shape,
  options: WindowOptions,
): DepthwiseGeometry {
  const [channels, multiplier] = kernelShape.slice(-2) as [number, number];
  if (inputShape.at(-1) !== channels)
    throw new ShapeError(
      `${name}: the input has ${inputShape.at(-1)} channels, but the kernel ${formatShape(kernelShape)} reads ${channels}; ` +
        `a kernel (…taps, ${inputShape.at(-1)}, multiplier) would fit`,
    );
  const windows = windowsOf(name, kernelShape.slice(0, -2), options);
  const inputSizes = spatialSizes(inputShape);
  return {
    batch: inputShape[0]!,
    windows,
    inputSizes,
    outputSizes: outputSizes(name, inputSizes, windows),
    channels,
    multiplier,
  };
}

/** The output shape of a depthwise convolution: result m of channel c is channel `c·multiplier + m`. */
export function depthwiseShape(geometry: DepthwiseGeometry): number[] {
  return [geometry.batch, ...geometry.outputSizes, geometry.channels * geometry.multiplier];
}
