import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { add, binary, compare, convert, f32, fma, i32, mul, select, unary } from "./build-expression.ts";
import { evaluateExpression, hostFunction } from "./evaluate-expression.ts";
import type { BinaryOp, CompareOp, Expression, UnaryOp } from "./expression.ts";

const nan = Number.NaN;
const inf = Number.POSITIVE_INFINITY;

test.each<[UnaryOp, Expression, number]>([
  ["neg", f32(0), -0],
  ["neg", f32(-3), 3],
  ["neg", i32(-0x80000000), -0x80000000],
  ["abs", f32(-0), 0],
  ["abs", i32(-0x80000000), -0x80000000],
  ["abs", i32(-5), 5],
  ["sqrt", f32(2), Math.fround(Math.SQRT2)],
  ["sqrt", f32(-1), nan],
  ["floor", f32(-1.5), -2],
  ["ceil", f32(-0.5), -0],
  ["trunc", f32(-1.5), -1],
  ["roundEven", f32(2.5), 2],
  ["roundEven", f32(-2.5), -2],
  ["roundEven", f32(3.5), 4],
  ["roundEven", f32(-0.25), -0],
  ["roundEven", f32(-0), -0],
  ["roundEven", f32(8388609), 8388609],
  ["roundEven", f32(inf), inf],
  ["roundEven", f32(nan), nan],
  ["not", i32(5), -6],
  ["not", compare("lt", i32(1), i32(2)), 0],
])("%s of %o is %s", (op, x, expected) => {
  expect(evaluateExpression(unary(op, x))).toBe(expected);
});

test.each<[BinaryOp, Expression, Expression, number]>([
  ["add", f32(1), f32(2 ** -24), 1],
  ["add", i32(0x7fffffff), i32(1), -0x80000000],
  ["sub", i32(-0x80000000), i32(1), 0x7fffffff],
  ["mul", i32(0x12345678), i32(0x9abcdef1), Number(BigInt.asIntN(32, 0x12345678n * 0x9abcdef1n))],
  ["mul", f32(inf), f32(0), nan],
  ["div", f32(1), f32(3), Math.fround(1 / 3)],
  ["div", f32(1), f32(-0), -inf],
  ["min", f32(nan), f32(1), nan],
  ["min", f32(1), f32(nan), 1],
  ["min", f32(0), f32(-0), 0],
  ["max", f32(nan), f32(1), nan],
  ["max", f32(1), f32(nan), 1],
  ["max", f32(-0), f32(0), -0],
  ["max", i32(-1), i32(1), 1],
  ["and", i32(12), i32(10), 8],
  ["or", i32(12), i32(10), 14],
  ["xor", i32(12), i32(10), 6],
  ["shl", i32(1), i32(31), -0x80000000],
  ["shrU", i32(-1), i32(0), -1],
  ["shrU", i32(-1), i32(28), 15],
  ["shrS", i32(-16), i32(2), -4],
])("%s of %o and %o is %s", (op, x, y, expected) => {
  expect(evaluateExpression(binary(op, x, y))).toBe(expected);
});

test.each<[CompareOp, number]>([
  ["lt", 0],
  ["le", 0],
  ["eq", 0],
  ["ne", 1],
  ["gt", 0],
  ["ge", 0],
])("%s with NaN on either side is %s", (op, expected) => {
  expect(evaluateExpression(compare(op, f32(nan), f32(1)))).toBe(expected);
  expect(evaluateExpression(compare(op, f32(1), f32(nan)))).toBe(expected);
});

test.each([
  [1.9, 1],
  [-1.9, -1],
  [3e9, 0x7fffffff],
  [-3e9, -0x80000000],
  [inf, 0x7fffffff],
  [nan, 0],
])("%s becomes the integer %s", (x, expected) => {
  expect(evaluateExpression(convert("i32FromF32", f32(x)))).toBe(expected);
});

describe("conversions", () => {
  test("an integer rounds to the nearest float, ties to even", () => {
    expect(evaluateExpression(convert("f32FromI32", i32(2 ** 24 + 1)))).toBe(2 ** 24);
    expect(evaluateExpression(convert("f32FromI32", i32(2 ** 24 + 3)))).toBe(2 ** 24 + 4);
  });

  test("bits and floats are the same memory", () => {
    expect(evaluateExpression(convert("bitsFromF32", f32(-0)))).toBe(-0x80000000);
    expect(evaluateExpression(convert("f32FromBits", i32(0x3fc00000)))).toBe(1.5);
    expect(evaluateExpression(convert("f32FromBits", i32(1)))).toBe(2 ** -149);
  });
});

test("select takes one side, whatever the other is", () => {
  const isLess = compare("lt", f32(1), f32(2));
  expect(evaluateExpression(select(isLess, f32(nan), f32(3)))).toBe(nan);
  expect(evaluateExpression(select(unary("not", isLess), f32(nan), f32(3)))).toBe(3);
});

test("a deep chain of shared nodes is computed once a node", () => {
  let x = f32(1);
  for (let depth = 0; depth < 60; depth++) x = add(x, x);
  expect(evaluateExpression(x)).toBe(2 ** 60);
});

test("the strict variant rounds fma twice", () => {
  const x = f32(1 + 2 ** -12);
  expect(evaluateExpression(fma(x, x, f32(-1)))).toBe(2 ** -11 + 2 ** -24);
  expect(evaluateExpression(fma(x, x, f32(-1)), { fused: false })).toBe(2 ** -11);
});

test("a host function rounds its arguments to float32 and can be called again and again", () => {
  const product = hostFunction(2, (x, y) => mul(x!, y!));
  fc.assert(
    fc.property(fc.double(), fc.double(), (x, y) => {
      expect(product(x, y)).toBe(Math.fround(Math.fround(x) * Math.fround(y)));
    }),
  );
});

test("what needs a nest is refused", () => {
  const position: Expression = { kind: "position", index: { offset: 0, terms: [] } };
  expect(() => evaluateExpression(position)).toThrow("position has no value outside a nest");
});
