import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { constant } from "../../ops/constant.ts";
import { fill } from "../../ops/fill.ts";
import { crossentropyWithLogits } from "../../ops/loss/crossentropy-with-logits.ts";
import { sparseCrossentropyWithLogits } from "../../ops/loss/sparse-crossentropy-with-logits.ts";
import { matmul } from "../../ops/matmul/matmul.ts";
import { dropoutMask, randomBits, randomUniform } from "../../ops/random/random.ts";
import { argmax } from "../../ops/reduce/argmax.ts";
import { moments } from "../../ops/reduce/moments.ts";
import { reduceMax, reduceMin } from "../../ops/reduce/reduce-extremum.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { broadcastTo } from "../../ops/shape/broadcast-to.ts";
import { concatenate } from "../../ops/shape/concatenate.ts";
import { gather, sumRows } from "../../ops/shape/gather.ts";
import { iota } from "../../ops/shape/iota.ts";
import { oneHot } from "../../ops/shape/one-hot.ts";
import { reshape } from "../../ops/shape/reshape.ts";
import { slice } from "../../ops/shape/slice.ts";
import { pad, spread } from "../../ops/shape/spread.ts";
import { transpose } from "../../ops/shape/transpose.ts";
import { logSoftmax, softmax } from "../../ops/softmax/softmax.ts";
import type { OpCase, TestInput } from "./op-case.ts";

const seed: TestInput = { shape: [2], dtype: "int32", data: [123456789, -5] };
const ties: TestInput = { shape: [2, 4], data: [5, 5, 3, 5, -1, -2, -1, -9] };

const reductionAxes: readonly [title: string, shape: readonly number[], axes: readonly number[]][] = [
  ["all axes", [3, 5, 7], [0, 1, 2]],
  ["the last axis", [4, 37], [1]],
  ["the first axis", [9, 6], [0]],
  ["the axes around", [3, 4, 19], [0, 2]],
  ["the inner axis", [3, 4, 5], [1]],
  ["an axis of size 1", [3, 1, 5], [1]],
  ["the last two", [2, 3, 18], [1, 2]],
];

const reductions = (
  [
    ["reduceSum", reduceSum],
    ["reduceMean", reduceMean],
    ["reduceMax", reduceMax],
    ["reduceMin", reduceMin],
  ] as const
).flatMap(([name, reduce]) =>
  reductionAxes.flatMap(([title, shape, axes]) =>
    [true, false].map(
      (keepDims): OpCase => ({
        title: `${name} over ${title}${keepDims ? ", keeping them" : ""}`,
        inputs: [{ shape }],
        apply: (x) => reduce(x, { axes, keepDims }),
        tolerance: "sum",
      }),
    ),
  ),
);

/** Mean and variance as one value each, so that both derivatives are checked together. */
const momentCases = [
  ...reductionAxes,
  ["long leading axes", [32, 12, 17, 8], [0, 1, 2]] as const,
  ["long leading axes, with a rest", [67, 40, 16], [0, 1]] as const,
  ["long last axes, with a rest", [40009], [0]] as const,
].map(
  ([title, shape, axes]): OpCase => ({
    title: `moments over ${title}`,
    inputs: [{ shape }],
    apply: (x) => {
      const [mean, variance] = moments(x, { axes });
      return add(multiply(mean, variance), variance);
    },
    tolerance: "sum",
  }),
);

/** Long enough to be cut into chunks, with and without a rest. */
const longReductions: readonly OpCase[] = [
  ["everything", [64, 40, 16], [0, 1, 2]],
  ["everything, with a rest", [40009], [0]],
  ["leading axes", [32, 17, 11, 8], [0, 1, 2]],
  ["leading axes, with a rest", [67, 40, 16], [0, 1]],
  ["axes around a kept one", [24, 5, 300], [0, 2]],
].map(([title, shape, axes]) => ({
  title: `reduceMean over ${title}`,
  inputs: [{ shape: shape as number[] }],
  apply: (x: Value) => reduceMean(x, { axes: axes as number[] }),
  tolerance: "sum",
}));

const matrixProducts = (
  [
    ["two matrices", [5, 7], [7, 9]],
    ["one column", [6, 35], [35, 1]],
    ["one row", [1, 7], [7, 3]],
    ["a depth of 1", [4, 1], [1, 5]],
    ["a batch", [3, 4, 5], [3, 5, 6]],
    ["a batch with one matrix", [2, 3, 4, 5], [5, 6]],
    ["broadcast batches", [2, 1, 3, 4], [5, 4, 2]],
    ["a row and a large matrix, cut in chunks with a rest", [1, 523], [523, 512]],
    ["few rows and a large matrix, cut in chunks", [3, 528], [528, 500]],
  ] as const
).map(
  ([title, a, b]): OpCase => ({
    title: `matmul of ${title}`,
    inputs: [{ shape: a }, { shape: b }],
    apply: (x, y) => matmul(x, y),
    tolerance: "sum",
  }),
);

const transposedProducts = [
  { transposeA: true, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: true },
].map(
  (options): OpCase => ({
    title: `matmul with ${JSON.stringify(options)}`,
    inputs: [
      { shape: options.transposeA ? [2, 5, 3] : [2, 3, 5] },
      { shape: options.transposeB ? [2, 7, 5] : [2, 5, 7] },
    ],
    apply: (x, y) => matmul(x, y, options),
    tolerance: "sum",
  }),
);

const fewRows: OpCase = {
  title: "matmul of few rows with a transposed matrix, in lanes",
  inputs: [{ shape: [2, 150] }, { shape: [9, 150] }],
  apply: (x, y) => matmul(x, y, { transposeB: true }),
  tolerance: "sum",
};

const shapes: readonly OpCase[] = [
  { title: "reshape", inputs: [{ shape: [2, 6] }], apply: (x) => multiply(reshape(x, [3, -1]), 2) },
  { title: "broadcastTo", inputs: [{ shape: [3, 1] }], apply: (x) => broadcastTo(x, [2, 3, 4]) },
  { title: "transpose", inputs: [{ shape: [2, 3, 4] }], apply: (x) => transpose(x, [1, 2, 0]) },
  { title: "transpose of a large matrix", inputs: [{ shape: [83, 45] }], apply: (x) => transpose(x) },
  {
    title: "transpose of channels to the front",
    inputs: [{ shape: [2, 9, 7, 19] }],
    apply: (x) => transpose(x, [0, 3, 1, 2]),
  },
  {
    title: "transpose of channels to the back",
    inputs: [{ shape: [2, 35, 6, 11] }],
    apply: (x) => multiply(transpose(x, [0, 2, 3, 1]), 2),
  },
  { title: "transpose of axes of size 1", inputs: [{ shape: [1, 3, 1, 4] }], apply: (x) => transpose(x) },
  { title: "slice", inputs: [{ shape: [4, 5] }], apply: (x) => slice(x, [1, 0], [2, 4]) },
  {
    title: "slice with strides",
    inputs: [{ shape: [7, 5] }],
    apply: (x) => slice(x, [1, 0], [3, 2], [2, 3]),
  },
  { title: "slice of one place", inputs: [{ shape: [7, 5] }], apply: (x) => slice(x, [6, 4], [1, 1]) },
  {
    title: "spread",
    inputs: [{ shape: [2, 3] }],
    apply: (x) => spread(x, { shape: [5, 8], begin: [1, 0], strides: [3, 2], value: -1 }),
  },
  { title: "pad", inputs: [{ shape: [2, 3, 2] }], apply: (x) => pad(x, [1, 0, 2], [0, 2, 1], 0.5) },
  {
    title: "concatenate",
    inputs: [{ shape: [2, 3] }, { shape: [2, 1] }, { shape: [2, 4] }],
    apply: (...values) => concatenate(values),
  },
  {
    title: "concatenate along the first axis",
    inputs: [{ shape: [2, 3] }, { shape: [1, 3] }],
    apply: (...values) => concatenate(values, 0),
  },
  { title: "oneHot", inputs: [{ shape: [7], dtype: "int32", low: -1, high: 6 }], apply: (x) => oneHot(x, 5) },
  {
    title: "gather",
    inputs: [{ shape: [5, 3] }, { shape: [2, 4], dtype: "int32", low: -2, high: 7 }],
    apply: (x, indices) => gather(x, indices),
  },
  {
    title: "sumRows",
    inputs: [{ shape: [2, 4, 3] }, { shape: [2, 4], dtype: "int32", low: -2, high: 7 }],
    apply: (x, indices) => sumRows(x, indices, 5),
    tolerance: "sum",
  },
];

const sources: readonly OpCase[] = [
  { title: "fill", inputs: [], apply: () => fill(0.1, [2, 3]), tolerance: "arithmetic" },
  { title: "fill of bool", inputs: [], apply: () => fill(1, [2, 3], "bool") },
  {
    title: "constant",
    inputs: [],
    apply: () => constant([1.5, -2.25, 3e38, -0.1], [2, 2]),
    tolerance: "arithmetic",
  },
  {
    title: "constant of int32",
    inputs: [],
    apply: () => constant([-1, 2147483647, -2147483648], [3], "int32"),
  },
  { title: "constant of one element", inputs: [], apply: () => constant([-7], [], "int32") },
  { title: "iota", inputs: [], apply: () => iota([3, 4], 1) },
  { title: "iota of float32", inputs: [], apply: () => iota([3, 4], 0, "float32") },
  { title: "randomBits", inputs: [seed], apply: (s) => randomBits(s, [3, 5], 42) },
  { title: "randomUniform", inputs: [seed], apply: (s) => randomUniform(s, [3, 5], 7) },
  {
    title: "dropoutMask",
    inputs: [seed],
    apply: (s) => dropoutMask(s, [3, 35], 0.3, 1),
    tolerance: "arithmetic",
  },
];

const softmaxes: readonly OpCase[] = [
  { title: "softmax", inputs: [{ shape: [3, 10], low: -8, high: 8 }], apply: (x) => softmax(x) },
  {
    title: "softmax of large numbers",
    inputs: [{ shape: [2, 3], low: 90, high: 200 }],
    apply: (x) => softmax(x),
  },
  { title: "softmax along the first axis", inputs: [{ shape: [5, 3, 2] }], apply: (x) => softmax(x, 0) },
  { title: "logSoftmax", inputs: [{ shape: [3, 10], low: -8, high: 8 }], apply: (x) => logSoftmax(x) },
  { title: "logSoftmax along an inner axis", inputs: [{ shape: [2, 4, 3] }], apply: (x) => logSoftmax(x, 1) },
  {
    title: "crossentropyWithLogits",
    inputs: [{ shape: [4, 10] }, { shape: [4, 10], low: 0, high: 1 }],
    apply: crossentropyWithLogits,
  },
  {
    title: "sparseCrossentropyWithLogits",
    inputs: [{ shape: [4, 10] }, { shape: [4], dtype: "int32", low: 0, high: 10 }],
    apply: sparseCrossentropyWithLogits,
  },
  {
    title: "sparseCrossentropyWithLogits of pixels",
    inputs: [{ shape: [2, 3, 5] }, { shape: [2, 3], dtype: "uint8" }],
    apply: sparseCrossentropyWithLogits,
  },
];

/** Ops on whole tensors. */
export const tensorCases: readonly OpCase[] = [
  ...reductions,
  ...longReductions,
  ...momentCases,
  { title: "argmax", inputs: [{ shape: [3, 11] }], apply: (x) => argmax(x) },
  { title: "argmax with ties", inputs: [ties], apply: (x) => argmax(x, 1) },
  { title: "argmax along the first axis", inputs: [ties], apply: (x) => argmax(x, 0) },
  ...matrixProducts,
  ...transposedProducts,
  fewRows,
  ...shapes,
  ...sources,
  ...softmaxes.map((opCase): OpCase => ({ ...opCase, tolerance: "elementary" })),
];
