import { expect, test } from "vitest";
import { lowerProgram } from "../../compiler/lower.ts";
import { input } from "../../graph/program.ts";
import { evaluate, gradientOf } from "../../testing/evaluate.ts";
import { ShapeError } from "../../util/errors.ts";
import { constant } from "../constant.ts";
import { fill } from "../fill.ts";
import { argmax } from "./argmax.ts";
import { reduceMax, reduceMin } from "./reduce-extremum.ts";
import { reduceMean } from "./reduce-mean.ts";
import { reduceSum } from "./reduce-sum.ts";

const table = constant([1, 2, 3, 4, 5, 6], [2, 3]);

test.each([
  [undefined, false, [], [21]],
  [0, false, [3], [5, 7, 9]],
  [-1, true, [2, 1], [6, 15]],
  [[1, 0, 1], true, [1, 1], [21]],
  [[], false, [2, 3], [1, 2, 3, 4, 5, 6]],
])("reduceSum over axes %j, keepDims %j, has shape %j", (axes, keepDims, shape, sums) => {
  const sum = reduceSum(table, axes === undefined ? { keepDims } : { axes, keepDims });
  expect(sum.shape).toEqual(shape);
  expect(evaluate(sum)).toEqual(sums);
});

test("reduceMean divides by the number of reduced elements", () => {
  expect(evaluate(reduceMean(table, { axes: 1 }))).toEqual([2, 5]);
  expect(gradientOf(reduceMean(table, { axes: 0 }), table)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
});

test("an axis that does not exist is refused with those that do", () => {
  expect(() => reduceSum(table, { axes: 2 })).toThrow(
    new ShapeError("reduceSum: axis 2 does not exist in a tensor of rank 2; use -2 to 1"),
  );
  expect(() => argmax(fill(1, []))).toThrow("argmax: a scalar has no axis -1");
});

test("ties share the gradient of the largest and smallest element evenly, as in Keras", () => {
  const x = constant([5, 5, 3, 5], [4]);
  expect(gradientOf(reduceMax(x), x)).toEqual([1 / 3, 1 / 3, 0, 1 / 3]);
  expect(gradientOf(reduceMin(x), x)).toEqual([0, 0, 1, 0]);
});

test("argmax takes the first of equals and the first NaN", () => {
  expect(evaluate(argmax(constant([1, 7, 7, Number.NEGATIVE_INFINITY], [4])))).toEqual([1]);
  expect(evaluate(argmax(constant([9, Number.NaN, Number.NaN], [3])))).toEqual([1]);
});

test.each([
  ["few elements", [32, 10], undefined, 1],
  ["many elements into one result", [64, 1024], undefined, 2],
  ["many elements with a rest", [40009], undefined, 3],
  ["leading axes", [32, 26, 26, 32], [0, 1, 2], 2],
  ["pixels of a batch of images", [32, 60, 60, 128], [1, 2], 1],
  ["many results", [8192, 300], [1], 1],
])("reducing %s takes a number of nests that the shape alone decides", (_, shape, axes, nests) => {
  const x = input("x", { shape, dtype: "float32" });
  const sum = reduceSum(x, axes === undefined ? {} : { axes });
  expect(lowerProgram({ inputs: { x }, outputs: { sum }, updates: [] }).nests).toHaveLength(nests);
});
