import { defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Chunks, chunkAxis, imageInChunk, sumOverChunks } from "./chunks.ts";
import { checkImage, checkUpstream, spatialSizes } from "./convolution-shapes.ts";
import { depthwiseConvolution } from "./depthwise-convolution.ts";
import { depthwiseConvolutionBackwardData } from "./depthwise-convolution-backward-data.ts";
import { type DepthwiseGeometry, depthwiseGeometry, depthwiseShape } from "./depthwise-shapes.ts";
import { forEachProduct } from "./each-product.ts";
import type { WindowOptions } from "./window.ts";
import { inputPosition, multiplierAxis } from "./window-taps.ts";

const name = "depthwiseConvolutionBackwardFilter";

export interface DepthwiseBackwardFilterOptions extends WindowOptions {
  /** The number of taps along each spatial axis. */
  readonly kernelSizes: readonly number[];
}

function geometryOf(x: Shape, upstream: Shape, options: DepthwiseBackwardFilterOptions): DepthwiseGeometry {
  const channels = x.at(-1)!;
  const results = upstream.at(-1)!;
  if (results % channels !== 0)
    throw new ShapeError(
      `${name}: upstream's ${results} channels are no multiple of the input's ${channels}`,
    );
  return depthwiseGeometry(name, x, [...options.kernelSizes, channels, results / channels], options);
}

/**
 * The gradient of a depthwise convolution by its kernel, `[…taps, channels, multiplier]`; summed in chunks of images
 * like `convolutionBackwardFilter`.
 */
export const depthwiseConvolutionBackwardFilter: Op<
  [x: Value, upstream: Value],
  DepthwiseBackwardFilterOptions
> = defineOp({
  name,
  infer: ([x, upstream], options) => {
    checkImage(name, "x", x!);
    const geometry = geometryOf(x!.shape, upstream!.shape, options);
    checkUpstream(name, upstream!, depthwiseShape(geometry));
    return [{ shape: [...options.kernelSizes, geometry.channels, geometry.multiplier], dtype: "float32" }];
  },
  gradient: ({ inputs: [x, forward], attributes, upstream: [upstream] }) => [
    depthwiseConvolutionBackwardData(forward!, upstream!, {
      ...attributes,
      inputSizes: spatialSizes(x!.shape),
    }),
    depthwiseConvolution(x!, upstream!, attributes),
  ],
  lower: (context) => {
    const [x, upstream] = context.inputs as [Buffer, Buffer];
    const geometry = geometryOf(x.shape, upstream.shape, context.attributes);
    sumOverChunks(context, geometry.batch, (target, chunks) =>
      sumOverPixels(context, x, upstream, target, chunks, geometry),
    );
  },
  reference: ([x, upstream], options) => {
    const geometry = geometryOf(x!.shape, upstream!.shape, options);
    const { channels, multiplier } = geometry;
    const dk = new Float64Array(sizeOf(options.kernelSizes) * channels * multiplier);
    forEachProduct(geometry, (inputPixel, outputPixel, tap) => {
      for (let result = 0; result < channels * multiplier; result++)
        dk[tap * channels * multiplier + result]! +=
          x!.data[inputPixel * channels + Math.floor(result / multiplier)]! *
          upstream!.data[outputPixel * channels * multiplier + result]!;
    });
    return [dk];
  },
});

function sumOverPixels(
  context: LowerContext<DepthwiseBackwardFilterOptions>,
  x: Buffer,
  upstream: Buffer,
  target: Buffer,
  chunks: Chunks,
  { windows, inputSizes, outputSizes, channels, multiplier }: DepthwiseGeometry,
): void {
  const nest = new NestBuilder(name);
  const chunk = chunkAxis(nest, chunks);
  const taps = windows.map(({ size }, axis) => nest.space(`tap${axis}`, size));
  const channel = axisIndex(nest.space("channel", channels));
  const copy = multiplierAxis(nest, multiplier);
  const image = imageInChunk(nest, chunk, chunks);
  const outputs = outputSizes.map((size, axis) => nest.reduction(`output${axis}`, size));
  const pixel = windows.map((window, axis) =>
    inputPosition(nest, window, inputSizes[axis]!, outputs[axis]!, taps[axis]!),
  );
  const result = addIndex(scaleIndex(channel, multiplier), copy);
  const [sum] = nest.reduce([
    {
      op: "add",
      value: mul(
        nest.load(x, [image, ...pixel, channel]),
        nest.load(upstream, [image, ...outputs.map((axis) => axisIndex(axis)), result]),
      ),
    },
  ]);
  nest.store(target, [...chunk, ...taps.map((tap) => axisIndex(tap)), channel, copy], sum!);
  context.emit(nest.build());
}
