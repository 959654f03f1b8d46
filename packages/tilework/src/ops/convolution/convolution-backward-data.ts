import { defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { convolution } from "./convolution.ts";
import { convolutionBackwardFilter } from "./convolution-backward-filter.ts";
import {
  type ConvolutionGeometry,
  type ConvolutionOptions,
  checkImage,
  checkKernel,
  checkUpstream,
  convolutionGeometry,
  convolvedShape,
} from "./convolution-shapes.ts";
import { forEachKernelRow } from "./each-product.ts";
import { groupAxis, inputAxes, readingTaps } from "./window-taps.ts";
import { winogradBackwardData } from "./winograd/winograd.ts";

const name = "convolutionBackwardData";

export interface BackwardDataOptions extends ConvolutionOptions {
  /** The spatial sizes of the convolution's input, which is the result here. */
  readonly inputSizes: readonly number[];
}

function geometryOf(upstream: Shape, kernel: Shape, options: BackwardDataOptions): ConvolutionGeometry {
  const channels = kernel.at(-2)! * (options.groups ?? 1);
  return convolutionGeometry(name, [upstream[0]!, ...options.inputSizes, channels], kernel, options);
}

function resultShape({ batch, inputSizes, groups, channels }: ConvolutionGeometry): number[] {
  return [batch, ...inputSizes, groups * channels];
}

/**
 * The gradient of a convolution by its input, also known as transposed convolution: each upstream pixel spreads over
 * the pixels that its window read. `[batch, …outputs, filters]` gives `[batch, …inputSizes, channels]`.
 */
export const convolutionBackwardData: Op<[upstream: Value, kernel: Value], BackwardDataOptions> = defineOp({
  name,
  infer: ([upstream, kernel], options) => {
    checkImage(name, "upstream", upstream!);
    checkKernel(name, kernel!, upstream!.shape.length);
    const geometry = geometryOf(upstream!.shape, kernel!.shape, options);
    checkUpstream(name, upstream!, convolvedShape(geometry));
    return [{ shape: resultShape(geometry), dtype: "float32" }];
  },
  gradient: ({ inputs: [forward, kernel], attributes, upstream: [upstream] }) => [
    convolution(upstream!, kernel!, attributes),
    convolutionBackwardFilter(upstream!, forward!, {
      ...attributes,
      kernelSizes: kernel!.shape.slice(0, -2),
    }),
  ],
  faster: ([upstream, kernel], options) => {
    const inputShape = resultShape(geometryOf(upstream!.shape, kernel!.shape, options));
    return winogradBackwardData(upstream!, kernel!, inputShape, options);
  },
  lower,
  reference: ([upstream, kernel], options) => {
    const geometry = geometryOf(upstream!.shape, kernel!.shape, options);
    const dx = new Float64Array(sizeOf(resultShape(geometry)));
    const [given, weights, { filters }] = [upstream!.data, kernel!.data, geometry];
    forEachKernelRow(geometry, (element, row, from) => {
      let sum = 0;
      for (let filter = 0; filter < filters; filter++) sum += given[from + filter]! * weights[row + filter]!;
      dx[element]! += sum;
    });
    return [dx];
  },
});

function lower(context: LowerContext<BackwardDataOptions>): void {
  const [upstream, kernel] = context.inputs as [Buffer, Buffer];
  const geometry = geometryOf(upstream.shape, kernel.shape, context.attributes);
  const taps = kernel.shape.slice(0, -2);
  const { groups, channels, filters } = geometry;
  const packed = context.temporary("kernelTransposed", [...taps, filters, groups * channels]);
  packKernel(context, kernel, packed, geometry);
  contract(context, upstream, packed, geometry);
}

/** Copies the kernel with its taps reversed, each group's filters before the channels of all groups: what `contract` reads contiguously. */
function packKernel(
  context: LowerContext<BackwardDataOptions>,
  kernel: Buffer,
  packed: Buffer,
  { windows, groups, channels, filters }: ConvolutionGeometry,
): void {
  const nest = new NestBuilder("convolutionTransposeKernel");
  const flipped = windows.map(({ size }, axis) => nest.space(`tap${axis}`, size));
  const filter = axisIndex(nest.space("filter", filters));
  const group = groupAxis(nest, groups);
  const channel = axisIndex(nest.space("channel", channels));
  const taps = windows.map(({ size }, axis) => axisIndex(flipped[axis]!, -1, size - 1));
  const element = nest.load(kernel, [...taps, channel, addIndex(filter, scaleIndex(group, filters))]);
  const place = addIndex(channel, scaleIndex(group, channels));
  nest.store(packed, [...flipped.map((axis) => axisIndex(axis)), filter, place], element);
  context.emit(nest.build());
}

function contract(
  context: LowerContext<BackwardDataOptions>,
  upstream: Buffer,
  packed: Buffer,
  geometry: ConvolutionGeometry,
): void {
  const { batch, groups, channels, filters } = geometry;
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", batch));
  const group = groupAxis(nest, groups);
  const inputs = inputAxes(nest, geometry);
  const channel = axisIndex(nest.space("channel", channels));
  const place = addIndex(channel, scaleIndex(group, channels));
  const { outputs, flippedTaps } = readingTaps(nest, inputs, geometry);
  const filter = axisIndex(nest.reduction("filter", filters));
  const [sum] = nest.reduce([
    {
      op: "add",
      value: mul(
        nest.load(upstream, [image, ...outputs, addIndex(filter, scaleIndex(group, filters))]),
        nest.load(packed, [...flippedTaps, filter, place]),
      ),
    },
  ]);
  const positions = inputs.map(({ position }) => position);
  nest.store(context.outputs[0]!, [image, ...positions, place], sum!);
  context.emit(nest.build());
}
