import { defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { checkImage, checkKernel, spatialSizes } from "./convolution-shapes.ts";
import { depthwiseConvolutionBackwardData } from "./depthwise-convolution-backward-data.ts";
import { depthwiseConvolutionBackwardFilter } from "./depthwise-convolution-backward-filter.ts";
import { depthwiseGeometry, depthwiseShape } from "./depthwise-shapes.ts";
import { forEachProduct } from "./each-product.ts";
import type { WindowOptions } from "./window.ts";
import { inputPosition, multiplierAxis } from "./window-taps.ts";

const name = "depthwiseConvolution";

/**
 * Convolves each channel by itself with `multiplier` kernels of its own, `[…taps, channels, multiplier]`: images
 * `[batch, …spatial, channels]` give `[batch, …outputs, channels · multiplier]`.
 */
export const depthwiseConvolution: Op<[x: Value, kernel: Value], WindowOptions> = defineOp({
  name,
  kernelInput: () => 1,
  infer: ([x, kernel], options) => {
    checkImage(name, "x", x!);
    checkKernel(name, kernel!, x!.shape.length);
    return [
      { shape: depthwiseShape(depthwiseGeometry(name, x!.shape, kernel!.shape, options)), dtype: "float32" },
    ];
  },
  gradient: ({ inputs: [x, kernel], attributes, upstream: [upstream] }) => [
    depthwiseConvolutionBackwardData(upstream!, kernel!, {
      ...attributes,
      inputSizes: spatialSizes(x!.shape),
    }),
    depthwiseConvolutionBackwardFilter(x!, upstream!, {
      ...attributes,
      kernelSizes: kernel!.shape.slice(0, -2),
    }),
  ],
  lower,
  reference: ([x, kernel], options) => {
    const geometry = depthwiseGeometry(name, x!.shape, kernel!.shape, options);
    const { channels, multiplier } = geometry;
    const y = new Float64Array(sizeOf(depthwiseShape(geometry)));
    forEachProduct(geometry, (inputPixel, outputPixel, tap) => {
      for (let result = 0; result < channels * multiplier; result++)
        y[outputPixel * channels * multiplier + result]! +=
          x!.data[inputPixel * channels + Math.floor(result / multiplier)]! *
          kernel!.data[tap * channels * multiplier + result]!;
    });
    return [y];
  },
});

function lower(context: LowerContext<WindowOptions>): void {
  const [x, kernel] = context.inputs as [Buffer, Buffer];
  const geometry = depthwiseGeometry(name, x.shape, kernel.shape, context.attributes);
  const { batch, windows, inputSizes, outputSizes, channels, multiplier } = geometry;
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", batch));
  const outputs = outputSizes.map((size, axis) => nest.space(`output${axis}`, size));
  const channel = axisIndex(nest.space("channel", channels));
  const copy = multiplierAxis(nest, multiplier);
  const taps = windows.map(({ size }, axis) => nest.reduction(`tap${axis}`, size));
  const pixel = windows.map((window, axis) =>
    inputPosition(nest, window, inputSizes[axis]!, outputs[axis]!, taps[axis]!),
  );
  const [sum] = nest.reduce([
    {
      op: "add",
      value: mul(
        nest.load(x, [image, ...pixel, channel]),
        nest.load(kernel, [...taps.map((tap) => axisIndex(tap)), channel, copy]),
      ),
    },
  ]);
  const result = addIndex(scaleIndex(channel, multiplier), copy);
  nest.store(context.outputs[0]!, [image, ...outputs.map((axis) => axisIndex(axis)), result], sum!);
  context.emit(nest.build());
}
