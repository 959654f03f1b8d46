/** Shape rules of the convolutions: images are `[batch, …spatial, channels]`, kernels `[…taps, in, out]`. */
import type { TensorType } from "../../graph/value.ts";
import { formatShape, type Shape, sameShape } from "../../tensor/shape.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { outputSizes, type Window, type WindowOptions, windowsOf } from "./window.ts";

export interface ConvolutionOptions extends WindowOptions {
  /** Input and output channels fall into this many groups that do not mix. Default 1. */
  readonly groups?: number;
}

/** Everything that the ops of one convolution share. */
export interface ConvolutionGeometry {
  readonly batch: number;
  readonly windows: readonly Window[];
  readonly inputSizes: readonly number[];
  readonly outputSizes: readonly number[];
  readonly groups: number;
  /** Channels and filters of one group. */
  readonly channels: number;
  readonly filters: number;
}

/** The sizes between the first and the last axis. */
export function spatialSizes(shape: Shape): number[] {
  return shape.slice(1, -1);
}

/** Refuses what is no float32 image with 1 to 3 spatial axes. */
export function checkImage(name: string, argument: string, { shape, dtype }: TensorType): void {
  checkFloat(name, argument, dtype);
  if (shape.length < 3 || shape.length > 5)
    throw new ShapeError(
      `${name}: ${argument} must have the shape (batch, …1 to 3 spatial sizes, channels); received ${formatShape(shape)}`,
    );
}

export function checkFloat(name: string, argument: string, dtype: string): void {
  if (dtype !== "float32")
    throw new ArgumentError(
      argument,
      `${name}: ${argument} must be float32; received ${dtype}; cast it first`,
    );
}

/** Refuses a kernel that does not fit an image of this rank. */
export function checkKernel(name: string, kernel: TensorType, ndim: number): void {
  checkFloat(name, "kernel", kernel.dtype);
  if (kernel.shape.length !== ndim)
    throw new ShapeError(
      `${name}: the kernel of a ${ndim - 2}D convolution must have ${ndim} axes (…taps, input channels, filters); ` +
        `received ${formatShape(kernel.shape)}`,
    );
}

/** The geometry of a convolution of an input shape with a kernel shape, all checked. */
export function convolutionGeometry(
  name: string,
  inputShape: Shape,
  kernelShape: Shape,
  options: ConvolutionOptions,
): ConvolutionGeometry {
  const groups = options.groups ?? 1;
  const inputChannels = inputShape.at(-1)!;
  const [channels, filters] = kernelShape.slice(-2) as [number, number];
  if (!Number.isInteger(groups) || groups < 1)
    throw new ArgumentError("groups", `${name}: groups must be a whole number >= 1; received ${groups}`);
  if (inputChannels !== channels * groups)
    throw new ShapeError(
      `${name}: the input has ${inputChannels} channels, but a kernel ${formatShape(kernelShape)} with groups: ${groups} ` +
        `reads ${channels * groups}; a kernel (…taps, ${inputChannels / groups}, filters) would fit`,
    );
  if (filters % groups !== 0)
    throw new ShapeError(
      `${name}: ${filters} filters cannot be split into ${groups} groups; use a multiple of ${groups}`,
    );
  const windows = windowsOf(name, kernelShape.slice(0, -2), options);
  const inputSizes = spatialSizes(inputShape);
  return {
    batch: inputShape[0]!,
    windows,
    inputSizes,
    outputSizes: outputSizes(name, inputSizes, windows),
    groups,
    channels,
    filters: filters / groups,
  };
}

/** The output shape of a convolution. */
export function convolvedShape({ batch, outputSizes, groups, filters }: ConvolutionGeometry): number[] {
  return [batch, ...outputSizes, groups * filters];
}

/** Refuses an upstream gradient whose shape is not that of the forward result. */
export function checkUpstream(name: string, upstream: TensorType, expected: Shape): void {
  checkFloat(name, "upstream", upstream.dtype);
  if (!sameShape(upstream.shape, expected))
    throw new ShapeError(
      `${name}: upstream must have the shape of the forward result, ${formatShape(expected)}; received ${formatShape(upstream.shape)}`,
    );
}
