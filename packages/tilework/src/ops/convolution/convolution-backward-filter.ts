import { defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { type Chunks, chunkAxis, imageInChunk, sumOverChunks } from "./chunks.ts";
import { convolution } from "./convolution.ts";
import { convolutionBackwardData } from "./convolution-backward-data.ts";
import {
  type ConvolutionGeometry,
  type ConvolutionOptions,
  checkImage,
  checkUpstream,
  convolutionGeometry,
  convolvedShape,
  spatialSizes,
} from "./convolution-shapes.ts";
import { forEachKernelRow } from "./each-product.ts";
import { groupAxis, inputPosition } from "./window-taps.ts";
import { winogradBackwardFilter } from "./winograd/winograd.ts";

const name = "convolutionBackwardFilter";

export interface BackwardFilterOptions extends ConvolutionOptions {
  /** The number of taps along each spatial axis. */
  readonly kernelSizes: readonly number[];
}

function geometryOf(x: Shape, upstream: Shape, options: BackwardFilterOptions): ConvolutionGeometry {
  const channels = x.at(-1)! / (options.groups ?? 1);
  return convolutionGeometry(name, x, [...options.kernelSizes, channels, upstream.at(-1)!], options);
}

/**
 * The gradient of a convolution by its kernel: for each tap, channel and filter the sum over images and output pixels
 * of the pixel that the tap read times the upstream gradient. The sum runs in chunks of images that are fixed by the
 * batch size, so that it can be split over threads without changing a bit.
 */
export const convolutionBackwardFilter: Op<[x: Value, upstream: Value], BackwardFilterOptions> = defineOp({
  name,
  infer: ([x, upstream], options) => {
    checkImage(name, "x", x!);
    const geometry = geometryOf(x!.shape, upstream!.shape, options);
    checkUpstream(name, upstream!, convolvedShape(geometry));
    const { channels, filters, groups } = geometry;
    return [{ shape: [...options.kernelSizes, channels, groups * filters], dtype: "float32" }];
  },
  gradient: ({ inputs: [x, forward], attributes, upstream: [upstream] }) => [
    convolutionBackwardData(forward!, upstream!, { ...attributes, inputSizes: spatialSizes(x!.shape) }),
    convolution(x!, upstream!, attributes),
  ],
  faster: ([x, upstream], options) => {
    const kernelShape = [
      ...options.kernelSizes,
      x!.shape.at(-1)! / (options.groups ?? 1),
      upstream!.shape.at(-1)!,
    ];
    return winogradBackwardFilter(x!, upstream!, kernelShape, options);
  },
  lower: (context) => {
    const [x, upstream] = context.inputs as [Buffer, Buffer];
    const geometry = geometryOf(x.shape, upstream.shape, context.attributes);
    sumOverChunks(context, geometry.batch, (target, chunks) =>
      sumOverPixels(context, x, upstream, target, chunks, geometry),
    );
  },
  reference: ([x, upstream], options) => {
    const geometry = geometryOf(x!.shape, upstream!.shape, options);
    const { groups, channels, filters } = geometry;
    const dk = new Float64Array(sizeOf(options.kernelSizes) * channels * groups * filters);
    const [pixels, given] = [x!.data, upstream!.data];
    forEachKernelRow(geometry, (element, row, from) => {
      const pixel = pixels[element]!;
      for (let filter = 0; filter < filters; filter++) dk[row + filter]! += pixel * given[from + filter]!;
    });
    return [dk];
  },
});

function sumOverPixels(
  context: LowerContext<BackwardFilterOptions>,
  x: Buffer,
  upstream: Buffer,
  target: Buffer,
  chunks: Chunks,
  { windows, inputSizes, outputSizes, groups, channels, filters }: ConvolutionGeometry,
): void {
  const nest = new NestBuilder(name);
  const chunk = chunkAxis(nest, chunks);
  const group = groupAxis(nest, groups);
  const taps = windows.map(({ size }, axis) => nest.space(`tap${axis}`, size));
  const channel = axisIndex(nest.space("channel", channels));
  const filter = addIndex(axisIndex(nest.space("filter", filters)), scaleIndex(group, filters));
  const image = imageInChunk(nest, chunk, chunks);
  const outputs = outputSizes.map((size, axis) => nest.reduction(`output${axis}`, size));
  const pixel = windows.map((window, axis) =>
    inputPosition(nest, window, inputSizes[axis]!, outputs[axis]!, taps[axis]!),
  );
  const [sum] = nest.reduce([
    {
      op: "add",
      value: mul(
        nest.load(x, [image, ...pixel, addIndex(channel, scaleIndex(group, channels))]),
        nest.load(upstream, [image, ...outputs.map((axis) => axisIndex(axis)), filter]),
      ),
    },
  ]);
  nest.store(target, [...chunk, ...taps.map((tap) => axisIndex(tap)), channel, filter], sum!);
  context.emit(nest.build());
}
