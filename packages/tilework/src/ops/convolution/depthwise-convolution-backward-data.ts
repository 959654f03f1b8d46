import { defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, constantIndex, type Index, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { checkImage, checkKernel, checkUpstream } from "./convolution-shapes.ts";
import { depthwiseConvolution } from "./depthwise-convolution.ts";
import { depthwiseConvolutionBackwardFilter } from "./depthwise-convolution-backward-filter.ts";
import { type DepthwiseGeometry, depthwiseGeometry, depthwiseShape } from "./depthwise-shapes.ts";
import { forEachProduct } from "./each-product.ts";
import type { WindowOptions } from "./window.ts";
import { inputAxes, readingTaps } from "./window-taps.ts";

const name = "depthwiseConvolutionBackwardData";

export interface DepthwiseBackwardDataOptions extends WindowOptions {
  /** The spatial sizes of the convolution's input, which is the result here. */
  readonly inputSizes: readonly number[];
}

function geometryOf(
  upstream: Shape,
  kernel: Shape,
  options: DepthwiseBackwardDataOptions,
): DepthwiseGeometry {
  return depthwiseGeometry(name, [upstream[0]!, ...options.inputSizes, kernel.at(-2)!], kernel, options);
}

function resultShape({ batch, inputSizes, channels }: DepthwiseGeometry): number[] {
  return [batch, ...inputSizes, channels];
}

/** The gradient of a depthwise convolution by its input: `[batch, …inputSizes, channels]`. */
export const depthwiseConvolutionBackwardData: Op<
  [upstream: Value, kernel: Value],
  DepthwiseBackwardDataOptions
> = defineOp({
  name,
  infer: ([upstream, kernel], options) => {
    checkImage(name, "upstream", upstream!);
    checkKernel(name, kernel!, upstream!.shape.length);
    const geometry = geometryOf(upstream!.shape, kernel!.shape, options);
    checkUpstream(name, upstream!, depthwiseShape(geometry));
    return [{ shape: resultShape(geometry), dtype: "float32" }];
  },
  gradient: ({ inputs: [forward, kernel], attributes, upstream: [upstream] }) => [
    depthwiseConvolution(upstream!, kernel!, attributes),
    depthwiseConvolutionBackwardFilter(upstream!, forward!, {
      ...attributes,
      kernelSizes: kernel!.shape.slice(0, -2),
    }),
  ],
  lower,
  reference: ([upstream, kernel], options) => {
    const geometry = geometryOf(upstream!.shape, kernel!.shape, options);
    const { channels, multiplier } = geometry;
    const dx = new Float64Array(sizeOf(resultShape(geometry)));
    forEachProduct(geometry, (inputPixel, outputPixel, tap) => {
      for (let result = 0; result < channels * multiplier; result++)
        dx[inputPixel * channels + Math.floor(result / multiplier)]! +=
          upstream!.data[outputPixel * channels * multiplier + result]! *
          kernel!.data[tap * channels * multiplier + result]!;
    });
    return [dx];
  },
});

function lower(context: LowerContext<DepthwiseBackwardDataOptions>): void {
  const [upstream, kernel] = context.inputs as [Buffer, Buffer];
  const geometry = geometryOf(upstream.shape, kernel.shape, context.attributes);
  const { channels, multiplier } = geometry;
  if (multiplier === 1 || geometry.windows.some(({ stride }) => stride > 1)) {
    contract(context, upstream, { kernel, isPacked: false }, geometry);
    return;
  }
  const taps = kernel.shape.slice(0, -2);
  const packed = context.temporary("kernelTransposed", [...taps, multiplier, channels]);
  packKernel(context, kernel, packed, geometry);
  contract(context, upstream, { kernel: packed, isPacked: true }, geometry);
}

/** Copies the kernel with its channels side by side, for each of their results: what `contract` reads contiguously. */
function packKernel(
  context: LowerContext<DepthwiseBackwardDataOptions>,
  kernel: Buffer,
  packed: Buffer,
  { windows, channels, multiplier }: DepthwiseGeometry,
): void {
  const nest = new NestBuilder("depthwiseTransposeKernel");
  const taps = windows.map(({ size }, axis) => axisIndex(nest.space(`tap${axis}`, size)));
  const copy = axisIndex(nest.space("multiplier", multiplier));
  const channel = axisIndex(nest.space("channel", channels));
  nest.store(packed, [...taps, copy, channel], nest.load(kernel, [...taps, channel, copy]));
  context.emit(nest.build());
}

/**
 * With a packed kernel, a channel's results are summed one after the other, all taps of each: neighbouring taps then
 * share what they read. Where windows move by more than a pixel they share little, and a channel's results lie together.
 */
function contract(
  context: LowerContext<DepthwiseBackwardDataOptions>,
  upstream: Buffer,
  { kernel, isPacked }: { readonly kernel: Buffer; readonly isPacked: boolean },
  geometry: DepthwiseGeometry,
): void {
  const { batch, channels, multiplier } = geometry;
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", batch));
  const inputs = inputAxes(nest, geometry);
  const channel = axisIndex(nest.space("channel", channels));
  const copyAxis = (): Index =>
    multiplier > 1 ? axisIndex(nest.reduction("multiplier", multiplier)) : constantIndex(0);
  const outer = isPacked ? copyAxis() : undefined;
  const { outputs, flippedTaps } = readingTaps(nest, inputs, geometry);
  const copy = outer ?? copyAxis();
  const taps = flippedTaps.map((flipped, axis) =>
    addIndex(constantIndex(geometry.windows[axis]!.size - 1), scaleIndex(flipped, -1)),
  );
  const result = addIndex(scaleIndex(channel, multiplier), copy);
  const [sum] = nest.reduce([
    {
      op: "add",
      value: mul(
        nest.load(upstream, [image, ...outputs, result]),
        nest.load(kernel, [...taps, ...(isPacked ? [copy, channel] : [channel, copy])]),
      ),
    },
  ]);
  nest.store(context.outputs[0]!, [image, ...inputs.map(({ position }) => position), channel], sum!);
  context.emit(nest.build());
}
