import { expect, test } from "vitest";
import type { Value } from "../../graph/value.ts";
import { evaluate, gradientOf } from "../../testing/evaluate.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { constant } from "../constant.ts";
import { fill } from "../fill.ts";
import { where } from "../where.ts";
import { add } from "./add.ts";
import { maximum, minimum } from "./extremum.ts";
import { logicalAnd } from "./logical.ts";
import { multiply } from "./multiply.ts";
import { subtract } from "./subtract.ts";

const row = (...data: number[]): Value => constant(data, [data.length]);

test.each([
  [[2, 3], [3], [2, 3]],
  [[4, 1], [3], [4, 3]],
  [[], [2, 1], [2, 1]],
  [
    [5, 1, 2],
    [7, 1],
    [5, 7, 2],
  ],
])("shapes %j and %j broadcast to %j", (x, y, shape) => {
  expect(add(fill(1, x), fill(1, y)).shape).toEqual(shape);
});

test("shapes that do not broadcast are named with the axis that does not fit", () => {
  expect(() => add(fill(1, [2, 3]), fill(1, [4]))).toThrow(
    new ShapeError(
      "add: shapes (2, 3) and (4,) do not broadcast (3 against 4 along axis -1); " +
        "sizes of each axis, counted from the last, must be equal or 1",
    ),
  );
});

test("different element types are refused", () => {
  expect(() => add(fill(1, [2]), fill(1, [2], "int32"))).toThrow(
    "add: the inputs are float32 and int32; cast",
  );
  expect(() => logicalAnd(fill(1, [2]), fill(1, [2]))).toThrow(
    "logicalAnd: the input is float32, but must be bool",
  );
});

test("numbers take the other operand's type and stand on either side", () => {
  expect(evaluate(subtract(10, row(1, 2)))).toEqual([9, 8]);
  expect(multiply(fill(3, [2], "int32"), 2).dtype).toBe("int32");
  expect(() => add(1, 2)).toThrow(ArgumentError);
});

test("gradients are summed over broadcast axes and keep the operand's shape", () => {
  const x = fill(2, [3, 1]);
  const y = row(1, 10, 100, 1000);
  expect(gradientOf(multiply(x, y), x)).toEqual([1111, 1111, 1111]);
  expect(gradientOf(multiply(x, y), y)).toEqual([6, 6, 6, 6]);
});

test.each([
  ["maximum", maximum, [0, 0.5, 1]],
  ["minimum", minimum, [1, 0.5, 0]],
] as const)("%s halves the gradient of ties, as JAX does", (_, op, expected) => {
  const x = row(1, 2, 3);
  expect(gradientOf(op(x, 2), x)).toEqual(expected);
});

test("maximum and minimum give NaN where either side is NaN", () => {
  const [left, right] = [row(Number.NaN, 1), row(1, Number.NaN)];
  expect(evaluate(maximum(left, right))).toEqual([Number.NaN, Number.NaN]);
  expect(evaluate(minimum(left, right))).toEqual([Number.NaN, Number.NaN]);
});

test("where wants a bool condition and one tensor among its choices", () => {
  expect(() => where(row(1), row(1), row(2))).toThrow("where: the condition is float32, but must be bool");
  expect(() => where(fill(1, [1], "bool"), 1, 2)).toThrow("both choices are numbers");
});
