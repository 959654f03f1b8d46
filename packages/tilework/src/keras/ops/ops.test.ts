import { expect, test } from "vitest";
import { input } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { evaluateReference } from "../../runtime/reference/evaluate.ts";
import type { Shape } from "../../tensor/shape.ts";
import * as ops from "./ops.ts";

const x = input("x", { shape: [2, 1, 3], dtype: "float32" });
const data = Float64Array.of(1, 2, 3, 4, 6, 11);

// Expected values by NumPy's definitions of the same names, worked out by hand.
test.each<[string, (x: Value) => Value, Shape, number[]]>([
  ["sum", (v) => ops.sum(v), [], [27]],
  ["sum along the last axis", (v) => ops.sum(v, -1), [2, 1], [6, 21]],
  ["sum that keeps its axis", (v) => ops.sum(v, -1, true), [2, 1, 1], [6, 21]],
  ["sum along two axes", (v) => ops.sum(v, [0, 1]), [3], [5, 8, 14]],
  ["mean", (v) => ops.mean(v, 2), [2, 1], [2, 7]],
  ["max", (v) => ops.max(v, 0), [1, 3], [4, 6, 11]],
  ["min", (v) => ops.min(v, null), [], [1]],
  ["variance", (v) => ops.variance(v, -1), [2, 1], [2 / 3, 26 / 3]],
  ["standard deviation", (v) => ops.std(v, -1, true), [2, 1, 1], [Math.sqrt(2 / 3), Math.sqrt(26 / 3)]],
  ["sum with options", (v) => ops.sum(v, { axis: -1, keepdims: true }), [2, 1, 1], [6, 21]],
  ["mean with options", (v) => ops.mean(v, { axis: -1 }), [2, 1], [2, 7]],
  ["mean with no options", (v) => ops.mean(v, {}), [], [4.5]],
  ["max with options", (v) => ops.max(v, { axis: [0, 1] }), [3], [4, 6, 11]],
  ["min with options", (v) => ops.min(v, { keepdims: true }), [1, 1, 1], [1]],
  ["variance with options", (v) => ops.variance(v, { axis: -1 }), [2, 1], [2 / 3, 26 / 3]],
  [
    "standard deviation with options",
    (v) => ops.std(v, { axis: -1 }),
    [2, 1],
    [Math.sqrt(2 / 3), Math.sqrt(26 / 3)],
  ],
  ["argmax with options", (v) => ops.argmax(v, { axis: 0 }), [1, 3], [1, 1, 1]],
  ["argmax along the last axis", (v) => ops.argmax(v), [2, 1], [2, 2]],
  ["a new axis", (v) => ops.expandDims(v, -1), [2, 1, 3, 1], [...data]],
  ["a new first axis", (v) => ops.expandDims(v, 0), [1, 2, 1, 3], [...data]],
  ["no axes of size 1", (v) => ops.squeeze(v), [2, 3], [...data]],
  ["one axis less", (v) => ops.squeeze(v, 1), [2, 3], [...data]],
  ["negative", (v) => ops.negative(v), [2, 1, 3], [...data].map((value) => -value)],
])("%s", (_, apply, shape, expected) => {
  const value = apply(x);
  expect(value.shape).toEqual(shape);
  const [computed] = evaluateReference([value], new Map([["x", data]]));
  computed!.forEach((number, i) => {
    expect(number).toBeCloseTo(expected[i]!, 12);
  });
  expect(computed!.length).toBe(expected.length);
});

test("an axis of another size cannot be squeezed", () => {
  expect(() => ops.squeeze(x, 0)).toThrow("do not fit");
});

test("unknown options and axes that are no whole numbers are refused", () => {
  expect(() => ops.mean(x, { axes: 1 } as never)).toThrow(
    'ops.mean: has no option "axes"; did you mean "axis"?',
  );
  expect(() => ops.std(x, "last" as never)).toThrow(
    "ops.std: axis must be a whole number or an array of them",
  );
});
