import { expect, test } from "vitest";
import { differentiate } from "../../compiler/differentiate.ts";
import { input } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import type { Shape } from "../../tensor/shape.ts";
import { checkOp } from "../../testing/check-op.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { multiply } from "../binary/multiply.ts";
import { reduceSum } from "../reduce/reduce-sum.ts";
import { convolution } from "./convolution.ts";
import { convolutionBackwardData } from "./convolution-backward-data.ts";
import { convolutionBackwardFilter } from "./convolution-backward-filter.ts";
import type { ConvolutionOptions } from "./convolution-shapes.ts";
import { depthwiseConvolution } from "./depthwise-convolution.ts";
import { depthwiseConvolutionBackwardFilter } from "./depthwise-convolution-backward-filter.ts";

const tensor = (shape: Shape): Value => input("x", { shape, dtype: "float32" });

test.each<[Shape, Shape, ConvolutionOptions, Shape]>([
  [[32, 28, 28, 1], [3, 3, 1, 32], {}, [32, 26, 26, 32]],
  [[4, 10, 6], [4, 6, 5], { strides: [3] }, [4, 3, 5]],
  [[1, 5, 6, 7, 2], [2, 3, 1, 2, 4], { dilation: [3, 1, 1] }, [1, 2, 4, 7, 4]],
  [
    [1, 8, 8, 6],
    [3, 3, 2, 9],
    {
      groups: 3,
      padding: [
        [1, 1],
        [0, 2],
      ],
    },
    [1, 8, 8, 9],
  ],
])("a convolution of %j with a kernel %j and %j gives %j", (x, kernel, options, shape) => {
  expect(convolution(tensor(x), tensor(kernel), options).shape).toEqual(shape);
});

test.each<[string, Shape, Shape, ConvolutionOptions, typeof ShapeError | typeof ArgumentError, string]>([
  [
    "channels",
    [2, 8, 8, 4],
    [3, 3, 3, 5],
    {},
    ShapeError,
    "the input has 4 channels, but a kernel (3, 3, 3, 5) with groups: 1 reads 3; a kernel (…taps, 4, filters) would fit",
  ],
  ["groups of channels", [2, 8, 8, 4], [3, 3, 1, 6], { groups: 3 }, ShapeError, "reads 3"],
  [
    "groups of filters",
    [2, 8, 8, 4],
    [3, 3, 2, 5],
    { groups: 2 },
    ShapeError,
    "5 filters cannot be split into 2 groups; use a multiple of 2",
  ],
  [
    "a window too large",
    [2, 4, 4, 1],
    [5, 3, 1, 1],
    {},
    ShapeError,
    'a 5x3 window with padding [0, 0], [0, 0] does not fit its 4x4 input; use padding: "same", a smaller window, or a larger input',
  ],
  ["a dilated window too large", [2, 4, 1], [3, 1, 1], { dilation: [2] }, ShapeError, "a 5 window"],
  [
    "a kernel of another rank",
    [2, 8, 8, 4],
    [3, 4, 5],
    {},
    ShapeError,
    "the kernel of a 2D convolution must have 4 axes",
  ],
  [
    "a flat input",
    [2, 8],
    [8, 4],
    {},
    ShapeError,
    "(batch, …1 to 3 spatial sizes, channels); received (2, 8)",
  ],
  [
    "stride 0",
    [2, 8, 8, 4],
    [3, 3, 4, 5],
    { strides: [0, 1] },
    ArgumentError,
    "strides must be 2 whole numbers >= 1, one a spatial axis; received [0,1]",
  ],
  ["half a dilation", [2, 8, 8, 4], [3, 3, 4, 5], { dilation: [1, 0.5] }, ArgumentError, "received [1,0.5]"],
  [
    "too few paddings",
    [2, 8, 8, 4],
    [3, 3, 4, 5],
    { padding: [[1, 1]] },
    ArgumentError,
    "padding must be 2 pairs",
  ],
  [
    "no groups",
    [2, 8, 8, 4],
    [3, 3, 4, 5],
    { groups: 0 },
    ArgumentError,
    "groups must be a whole number >= 1; received 0",
  ],
])("a convolution refuses %s", (_, x, kernel, options, kind, message) => {
  const trace = () => convolution(tensor(x), tensor(kernel), options);
  expect(trace).toThrow(kind);
  expect(trace).toThrow(message);
});

test("a convolution of integers is refused", () => {
  const x = input("x", { shape: [1, 4, 4, 1], dtype: "uint8" });
  expect(() => convolution(x, tensor([3, 3, 1, 1]), {})).toThrow(
    "x must be float32; received uint8; cast it first",
  );
});

test("the backwards refuse an upstream gradient of another shape", () => {
  const upstream = tensor([2, 5, 6, 3]);
  expect(() => convolutionBackwardData(upstream, tensor([3, 3, 2, 3]), { inputSizes: [8, 8] })).toThrow(
    "upstream must have the shape of the forward result, (2, 6, 6, 3); received (2, 5, 6, 3)",
  );
  const options = { kernelSizes: [3, 3] };
  expect(() => convolutionBackwardFilter(tensor([2, 8, 8, 2]), upstream, options)).toThrow(ShapeError);
  expect(() => depthwiseConvolutionBackwardFilter(tensor([2, 8, 8, 2]), upstream, options)).toThrow(
    "upstream's 3 channels are no multiple of the input's 2",
  );
});

test("a depthwise kernel for other channels is refused", () => {
  expect(() => depthwiseConvolution(tensor([2, 8, 8, 4]), tensor([3, 3, 3, 1]), {})).toThrow(
    "the input has 4 channels, but the kernel (3, 3, 3, 1) reads 3; a kernel (…taps, 4, multiplier) would fit",
  );
});

/** The gradients of a loss that weighs the result unevenly, as one more op to differentiate. */
const gradientOf =
  (op: (x: Value, kernel: Value) => Value, by: 0 | 1) =>
  (x: Value, kernel: Value, upstream: Value): Value =>
    differentiate(reduceSum(multiply(op(x, kernel), upstream)), [x, kernel])[by]!;

const options: ConvolutionOptions = {
  strides: [2, 1],
  padding: [
    [1, 1],
    [0, 1],
  ],
};
const twice: readonly [string, (x: Value, kernel: Value) => Value, Shape, Shape][] = [
  [
    "convolution",
    (x, kernel) => convolution(x, kernel, { ...options, groups: 2 }),
    [3, 3, 2, 4],
    [2, 3, 3, 4],
  ],
  [
    "depthwise convolution",
    (x, kernel) => depthwiseConvolution(x, kernel, options),
    [3, 3, 4, 2],
    [2, 3, 3, 8],
  ],
];

test.each(twice)("the gradients of a %s have gradients themselves", (title, op, kernel, upstream) => {
  for (const by of [0, 1] as const)
    checkOp({
      title,
      inputs: [{ shape: [2, 5, 4, 4] }, { shape: kernel }, { shape: upstream }],
      apply: gradientOf(op, by) as (...inputs: Value[]) => Value,
      tolerance: "sum",
    });
});
