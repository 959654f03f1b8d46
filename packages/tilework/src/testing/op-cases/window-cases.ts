import { convolution } from "../../ops/convolution/convolution.ts";
import { depthwiseConvolution } from "../../ops/convolution/depthwise-convolution.ts";
import { adaptiveAveragePool, adaptiveMaxPool } from "../../ops/pooling/adaptive-pool.ts";
import { averagePool } from "../../ops/pooling/average-pool.ts";
import { maxPool } from "../../ops/pooling/max-pool.ts";
import { maxPoolSelect } from "../../ops/pooling/max-pool-select.ts";
import type { OpCase, TestInput } from "./op-case.ts";

const same = (count: number): [number, number][] => [
  [count, count],
  [count, count],
];
const ties: TestInput = { shape: [1, 3, 3, 2], data: [5, 1, 5, 1, 3, 0, 5, 1, 5, 2, 5, 2, 1, 1, 1, 1, 1, 1] };

const convolutions: readonly OpCase[] = [
  {
    title: "convolution",
    inputs: [{ shape: [2, 6, 7, 3] }, { shape: [3, 3, 3, 5] }],
    apply: (x, kernel) => convolution(x, kernel, {}),
  },
  {
    title: "convolution of one channel with 32 filters",
    inputs: [{ shape: [3, 5, 5, 1] }, { shape: [3, 3, 1, 32] }],
    apply: (x, kernel) => convolution(x, kernel, {}),
  },
  {
    title: "convolution with strides and padding",
    inputs: [{ shape: [1, 7, 6, 2] }, { shape: [3, 2, 2, 4] }],
    apply: (x, kernel) => convolution(x, kernel, { strides: [2, 3], padding: same(1) }),
  },
  {
    title: "convolution with dilation and groups",
    inputs: [{ shape: [2, 7, 7, 4] }, { shape: [2, 3, 2, 6] }],
    apply: (x, kernel) => convolution(x, kernel, { dilation: [3, 2], groups: 2 }),
  },
  {
    title: "convolution in 1D",
    inputs: [{ shape: [2, 9, 3] }, { shape: [4, 3, 2] }],
    apply: (x, kernel) => convolution(x, kernel, { strides: [2], padding: [[3, 0]] }),
  },
  {
    title: "convolution in 3D",
    inputs: [{ shape: [1, 4, 3, 5, 2] }, { shape: [2, 2, 3, 2, 3] }],
    apply: (x, kernel) => convolution(x, kernel, {}),
  },
  {
    title: "depthwiseConvolution",
    inputs: [{ shape: [2, 5, 6, 3] }, { shape: [3, 2, 3, 2] }],
    apply: (x, kernel) => depthwiseConvolution(x, kernel, { strides: [2, 1], padding: same(1) }),
  },
];

const pools: readonly OpCase[] = [
  {
    title: "maxPool",
    inputs: [{ shape: [2, 6, 6, 5] }],
    apply: (x) => maxPool(x, { window: [2, 2] }),
  },
  {
    title: "maxPool with overlap and padding",
    inputs: [{ shape: [2, 5, 6, 3] }],
    apply: (x) => maxPool(x, { window: [3, 2], strides: [1, 2], padding: same(1) }),
  },
  {
    title: "maxPool with ties",
    inputs: [ties],
    apply: (x) => maxPool(x, { window: [2, 2], strides: [1, 1] }),
    gradient: false,
  },
  {
    title: "maxPool in 1D with gaps between windows",
    inputs: [{ shape: [2, 11, 3] }],
    apply: (x) => maxPool(x, { window: [2], strides: [4] }),
  },
  {
    title: "maxPoolSelect",
    inputs: [{ shape: [2, 3, 3, 5], dtype: "uint8", low: 0, high: 4 }, { shape: [2, 6, 6, 5] }],
    apply: (codes, images) => maxPoolSelect(codes, images, { pool: { window: [2, 2] }, inputSizes: [6, 6] }),
  },
  {
    title: "averagePool",
    inputs: [{ shape: [2, 6, 6, 5] }],
    apply: (x) => averagePool(x, { window: [3, 3], strides: [2, 2] }),
  },
  {
    title: "averagePool with padding",
    inputs: [{ shape: [2, 5, 4, 3] }],
    apply: (x) =>
      averagePool(x, {
        window: [2, 2],
        strides: [1, 1],
        padding: [
          [0, 1],
          [0, 1],
        ],
      }),
  },
  {
    title: "adaptiveAveragePool",
    inputs: [{ shape: [2, 7, 5, 3] }],
    apply: (x) => adaptiveAveragePool(x, { outputSizes: [3, 2] }),
  },
  {
    title: "adaptiveMaxPool",
    inputs: [{ shape: [2, 7, 5, 3] }],
    apply: (x) => adaptiveMaxPool(x, { outputSizes: [3, 2] }),
  },
];

/** Convolutions and pooling. */
export const windowCases: readonly OpCase[] = [...convolutions, ...pools].map(
  (opCase): OpCase => ({ ...opCase, tolerance: "sum" }),
);
