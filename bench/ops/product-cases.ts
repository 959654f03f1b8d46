/** Convolutions and dense layers: forward and both backward passes. */
import {
  convolution,
  convolutionBackwardData,
  convolutionBackwardFilter,
  depthwiseConvolution,
  depthwiseConvolutionBackwardData,
  depthwiseConvolutionBackwardFilter,
  matmul,
  resolvePadding,
} from "tilework/internal";
import { CaseBuilder, type Category, elementsOf, type OpCase, type Pass } from "./op-case.ts";
import { type ConvolutionShape, type DenseShape, describeShape } from "./op-shape.ts";

/** Products of a tap with a pixel of the padding do not count. */
function tapsAlong(
  size: number,
  outputs: number,
  taps: number,
  stride: number,
  dilation: number,
  before: number,
): number {
  let count = 0;
  for (let output = 0; output < outputs; output++)
    for (let tap = 0; tap < taps; tap++) {
      const pixel = output * stride + tap * dilation - before;
      if (pixel >= 0 && pixel < size) count++;
    }
  return count;
}

export function convolutionCases(shape: ConvolutionShape): OpCase[] {
  const { input, kernel, filters = 0, multiplier = 1, groups = 1 } = shape;
  const sizes = input.slice(1, -1);
  const channels = input.at(-1)!;
  const ones = sizes.map(() => 1);
  const { strides = ones, dilation = ones } = shape;
  const padding = resolvePadding(shape.padding ?? "valid", { sizes, window: kernel, strides, dilation });
  const options = { strides, dilation, padding };
  const depthwise = shape.op === "depthwise";
  const kernelShape = depthwise ? [...kernel, channels, multiplier] : [...kernel, channels / groups, filters];
  const build = (pass: Pass, write: (builder: CaseBuilder) => void): OpCase => {
    const builder = new CaseBuilder();
    write(builder);
    return builder.build({
      name: describeShape(shape),
      pass,
      category: categoryOf(shape),
      operations,
      operationsAtOnce: 2,
    });
  };
  const convolve = (builder: CaseBuilder) => {
    const [x, weights] = [builder.given(input), builder.given(kernelShape)];
    return depthwise
      ? depthwiseConvolution(x, weights, options)
      : convolution(x, weights, { ...options, groups });
  };
  const outputShape = convolve(new CaseBuilder()).shape;
  const outputs = outputShape.slice(1, -1);
  const products = sizes.reduce(
    (product, size, axis) =>
      product *
      tapsAlong(size, outputs[axis]!, kernel[axis]!, strides[axis]!, dilation[axis]!, padding[axis]![0]),
    input[0]! * (channels / groups) * (depthwise ? multiplier : filters),
  );
  const operations = 2 * products;
  return [
    build("forward", (builder) => builder.result(convolve(builder))),
    build("backward-data", (builder) => {
      const [upstream, weights] = [builder.given(outputShape), builder.given(kernelShape)];
      const given = { ...options, inputSizes: sizes };
      builder.result(
        depthwise
          ? depthwiseConvolutionBackwardData(upstream, weights, given)
          : convolutionBackwardData(upstream, weights, { ...given, groups }),
      );
    }),
    build("backward-filter", (builder) => {
      const [x, upstream] = [builder.given(input), builder.given(outputShape)];
      const given = { ...options, kernelSizes: kernel };
      builder.result(
        depthwise
          ? depthwiseConvolutionBackwardFilter(x, upstream, given)
          : convolutionBackwardFilter(x, upstream, { ...given, groups }),
      );
    }),
  ];
}

/** Channels of a picture at most: colours and opacity. */
const mostOfPictures = 4;

function categoryOf({ op, input, kernel, filters = 0, groups = 1 }: ConvolutionShape): Category {
  if (op === "depthwise" || elementsOf(kernel) === 1) return "memory";
  const channels = input.at(-1)!;
  if (Math.min(channels, filters) / groups >= 16) return "convolution";
  return channels <= mostOfPictures && groups === 1 ? "first layer" : "few channels";
}

export function denseCases(shape: DenseShape): OpCase[] {
  const { batch, inputs, units } = shape;
  const about = {
    name: describeShape(shape),
    category: "memory",
    operations: 2 * batch * inputs * units,
    operationsAtOnce: 2,
  } as const;
  const build = (pass: Pass, write: (builder: CaseBuilder) => void): OpCase => {
    const builder = new CaseBuilder();
    write(builder);
    return builder.build({ ...about, pass });
  };
  return [
    build("forward", (b) => b.result(matmul(b.given([batch, inputs]), b.given([inputs, units])))),
    build("backward-data", (b) =>
      b.result(matmul(b.given([batch, units]), b.given([inputs, units]), { transposeB: true })),
    ),
    build("backward-filter", (b) =>
      b.result(matmul(b.given([batch, inputs]), b.given([batch, units]), { transposeA: true })),
    ),
  ];
}
