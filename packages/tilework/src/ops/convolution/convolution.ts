import { defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { sumsInLanes } from "../sums-in-lanes.ts";
import { convolutionBackwardData } from "./convolution-backward-data.ts";
import { convolutionBackwardFilter } from "./convolution-backward-filter.ts";
import {
  type ConvolutionOptions,
  checkImage,
  checkKernel,
  convolutionGeometry,
  convolvedShape,
  spatialSizes,
} from "./convolution-shapes.ts";
import { forEachKernelRow } from "./each-product.ts";
import type { Padding } from "./window.ts";
import { groupAxis, inputPosition } from "./window-taps.ts";
import { winogradConvolution } from "./winograd/winograd.ts";

const name = "convolution";

/**
 * Slides a kernel `[…taps, channels / groups, filters]` over images `[batch, …spatial, channels]` (1 to 3 spatial
 * axes) and sums the products over taps and channels: `[batch, …outputs, filters]`. The kernel is not flipped.
 */
export const convolution: Op<[x: Value, kernel: Value], ConvolutionOptions> = defineOp({
  name,
  kernelInput: () => 1,
  infer: ([x, kernel], options) => {
    checkImage(name, "x", x!);
    checkKernel(name, kernel!, x!.shape.length);
    return [
      {
        shape: convolvedShape(convolutionGeometry(name, x!.shape, kernel!.shape, options)),
        dtype: "float32",
      },
    ];
  },
  gradient: ({ inputs: [x, kernel], attributes, upstream: [upstream] }) => [
    convolutionBackwardData(upstream!, kernel!, { ...attributes, inputSizes: spatialSizes(x!.shape) }),
    convolutionBackwardFilter(x!, upstream!, { ...attributes, kernelSizes: kernel!.shape.slice(0, -2) }),
  ],
  leading: ([x, kernel], options, shape) => {
    const { windows, outputSizes } = convolutionGeometry(name, x!.shape, kernel!.shape, options);
    if (shape.at(-1) !== kernel!.shape.at(-1)) return undefined;
    const padding = windows.map(
      ({ before, after, stride }, axis): Padding => [
        before,
        after - stride * (outputSizes[axis]! - shape[axis + 1]!),
      ],
    );
    return convolution(x!, kernel!, { ...options, padding });
  },
  faster: ([x, kernel], options) => winogradConvolution(x!, kernel!, options),
  lower,
  reference: ([x, kernel], options) => {
    const geometry = convolutionGeometry(name, x!.shape, kernel!.shape, options);
    const y = new Float64Array(sizeOf(convolvedShape(geometry)));
    const [pixels, weights, { filters }] = [x!.data, kernel!.data, geometry];
    forEachKernelRow(geometry, (element, row, to) => {
      const pixel = pixels[element]!;
      for (let filter = 0; filter < filters; filter++) y[to + filter]! += pixel * weights[row + filter]!;
    });
    return [y];
  },
});

function lower(context: LowerContext<ConvolutionOptions>): void {
  const [x, kernel] = context.inputs as [Buffer, Buffer];
  const geometry = convolutionGeometry(name, x.shape, kernel.shape, context.attributes);
  const { windows, inputSizes, groups, channels, filters } = geometry;
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", geometry.batch));
  const group = groupAxis(nest, groups);
  const outputs = geometry.outputSizes.map((size, axis) => nest.space(`output${axis}`, size));
  const filter = addIndex(axisIndex(nest.space("filter", filters)), scaleIndex(group, filters));
  const taps = windows.map(({ size }, axis) => nest.reduction(`tap${axis}`, size));
  const channel = axisIndex(nest.reduction("channel", channels));

  const pixel = windows.map((window, axis) =>
    inputPosition(nest, window, inputSizes[axis]!, outputs[axis]!, taps[axis]!),
  );
  const value = mul(
    nest.load(x, [image, ...pixel, addIndex(channel, scaleIndex(group, channels))]),
    nest.load(kernel, [...taps.map((tap) => axisIndex(tap)), channel, filter]),
  );
  const rows = geometry.batch * sizeOf(geometry.outputSizes);
  const depth = channels * sizeOf(windows.map(({ size }) => size));
  const sums = { rows, columns: filters, depth, run: channels, isTurned: filters > 1 };
  const [sum] = nest.reduce([{ op: "add", value }], { lanes: groups === 1 && sumsInLanes(sums) });
  nest.store(context.outputs[0]!, [image, ...outputs.map((axis) => axisIndex(axis)), filter], sum!);
  context.emit(nest.build());
}
