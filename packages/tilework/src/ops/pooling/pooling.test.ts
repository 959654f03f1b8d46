import { expect, test } from "vitest";
import { differentiate } from "../../compiler/differentiate.ts";
import { input } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { evaluateReference } from "../../runtime/reference/evaluate.ts";
import type { Shape } from "../../tensor/shape.ts";
import { checkOp } from "../../testing/check-op.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { multiply } from "../binary/multiply.ts";
import { reduceSum } from "../reduce/reduce-sum.ts";
import { adaptiveAveragePool, adaptiveMaxPool } from "./adaptive-pool.ts";
import { averagePool } from "./average-pool.ts";
import { maxPool } from "./max-pool.ts";
import type { PoolOptions } from "./pool-geometry.ts";

const tensor = (shape: Shape): Value => input("x", { shape, dtype: "float32" });

/** One row of pixels with one channel through an op. */
function pooled(pixels: readonly number[], apply: (x: Value) => Value): number[] {
  const x = tensor([1, pixels.length, 1]);
  return [...evaluateReference([apply(x)], new Map([["x", pixels]]))[0]!];
}

function gradient(pixels: readonly number[], apply: (x: Value) => Value): number[] {
  return pooled(pixels, (x) => differentiate(reduceSum(apply(x)), [x])[0]!);
}

const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];

test("average pooling divides by the real pixels only: Keras's decisive case", () => {
  const same = { window: [3], strides: [2], padding: [[0, 1]] } as const;
  expect(pooled([10, 20], (x) => averagePool(x, same))).toEqual([15]);
  expect(gradient([10, 20], (x) => averagePool(x, same))).toEqual([0.5, 0.5]);
});

test.each<[string, number[], PoolOptions, number[]]>([
  [
    "only negative numbers beside padding",
    [-3, -2, -5],
    { window: [3], strides: [2], padding: [[1, 1]] },
    [-2, -2],
  ],
  ["NaN", [1, nan, 3, 4], { window: [2] }, [nan, 4]],
  ["-Infinity", [-infinity, -infinity, 2, -infinity], { window: [2] }, [-infinity, 2]],
  ["gaps between windows", [1, 9, 2, 9, 3], { window: [1], strides: [2] }, [1, 2, 3]],
])("max pooling of %s", (_, pixels, options, expected) => {
  expect(pooled(pixels, (x) => maxPool(x, options))).toEqual(expected);
});

test.each<[string, number[], PoolOptions, number[]]>([
  ["the first of equal pixels", [5, 5, 3, 5], { window: [4] }, [1, 0, 0, 0]],
  ["the first pixel of a window of -Infinity", [-infinity, -infinity], { window: [2] }, [1, 0]],
  [
    "a pixel as often as it wins",
    [1, 5, 2, 0],
    { window: [3], strides: [1], padding: [[1, 1]] },
    [0, 3, 1, 0],
  ],
  ["no pixel outside of all windows", [1, 2, 3, 4, 5], { window: [2] }, [0, 1, 0, 1, 0]],
])("the gradient of max pooling goes to %s", (_, pixels, options, expected) => {
  expect(gradient(pixels, (x) => maxPool(x, options))).toEqual(expected);
  expect(gradient(pixels, (x) => maxPool(x, { ...options, codes: false }))).toEqual(expected);
});

test("adaptive windows may overlap and the first of equal pixels wins", () => {
  const outputSizes = [3];
  expect(pooled([1, 7, 7, 2, 3], (x) => adaptiveMaxPool(x, { outputSizes }))).toEqual([7, 7, 3]);
  expect(gradient([1, 7, 7, 2, 3], (x) => adaptiveMaxPool(x, { outputSizes }))).toEqual([0, 2, 0, 0, 1]);
  expect(pooled([1, 7, 7, 2, 3], (x) => adaptiveAveragePool(x, { outputSizes }))).toEqual([4, 16 / 3, 2.5]);
});

test.each<[string, Shape, PoolOptions, typeof ShapeError | typeof ArgumentError, string]>([
  [
    "a window that does not fit",
    [1, 1, 1, 8],
    { window: [2, 2] },
    ShapeError,
    'a 2x2 window with padding [0, 0], [0, 0] does not fit its 1x1 input; use padding: "same", a smaller window',
  ],
  [
    "a window in the padding",
    [1, 4, 1],
    { window: [2], padding: [[2, 0]] },
    ShapeError,
    "a 2 window with padding [[2,0]] lies wholly in the padding; use less padding",
  ],
  [
    "a window of another rank",
    [1, 4, 4, 1],
    { window: [2] },
    ShapeError,
    "a 1D window needs 1 spatial axes; received 2, (4, 4)",
  ],
  [
    "stride 0",
    [1, 4, 1],
    { window: [2], strides: [0] },
    ArgumentError,
    "strides must be 1 whole number >= 1",
  ],
  ["an empty window", [1, 4, 1], { window: [0] }, ArgumentError, "received [0]"],
  ["a flat input", [4, 8], { window: [2] }, ShapeError, "received (4, 8)"],
])("pooling refuses %s", (_, shape, options, kind, message) => {
  for (const pool of [maxPool, averagePool]) {
    expect(() => pool(tensor(shape), options)).toThrow(kind);
    expect(() => pool(tensor(shape), options)).toThrow(message);
  }
});

test.each([[[0]], [[1.5]], [[-2]], [[2, 2]]])("adaptive pooling refuses outputSizes %j", (outputSizes) => {
  for (const pool of [adaptiveMaxPool, adaptiveAveragePool])
    expect(() => pool(tensor([1, 4, 1]), { outputSizes })).toThrow(
      "outputSizes must have 1 whole number >= 1, one a spatial axis; received",
    );
});

const overlapping = {
  window: [3, 2],
  strides: [2, 1],
  padding: [
    [1, 1],
    [0, 1],
  ],
} as const;

test.each<[string, (x: Value) => Value, Shape]>([
  ["max pooling", (x) => maxPool(x, overlapping), [2, 3, 4, 2]],
  ["average pooling", (x) => averagePool(x, overlapping), [2, 3, 4, 2]],
  ["adaptive max pooling", (x) => adaptiveMaxPool(x, { outputSizes: [3, 3] }), [2, 3, 3, 2]],
  ["adaptive average pooling", (x) => adaptiveAveragePool(x, { outputSizes: [3, 3] }), [2, 3, 3, 2]],
])("the gradient of %s has a gradient by upstream", (title, pool, shape) => {
  checkOp({
    title,
    inputs: [{ shape: [2, 5, 4, 2] }, { shape }],
    apply: (x, upstream) => differentiate(reduceSum(multiply(pool(x!), upstream!)), [x!])[0]!,
    tolerance: "sum",
  });
});
