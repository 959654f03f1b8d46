import { describe, expect, test } from "vitest";
import type { Dtype } from "../tensor/dtype.ts";
import { hardNests } from "../testing/hard-nests.ts";
import { elementsOf, memoryOf, tensor } from "../testing/nest-case.ts";
import { firstDifference, tolerances } from "../testing/tolerances.ts";
import { add, f32, i32, mul, position } from "./build-expression.ts";
import type { Expression } from "./expression.ts";
import { addIndex, axisIndex, constantIndex, type Index } from "./index-expression.ts";
import { type Elements, interpretNest } from "./interpret.ts";
import type { Reduction } from "./nest.ts";
import { NestBuilder } from "./nest-builder.ts";

describe.each([{ fused: true }, { fused: false }])(
  "hard nests agree with plain loops in float64, %o",
  (options) => {
    test.each(hardNests)("$name", (nestCase) => {
      const memory = memoryOf(nestCase);
      for (const nest of nestCase.nests) interpretNest(nest, (buffer) => memory.get(buffer)!, options);
      for (const [buffer, expected] of nestCase.expected) {
        const tolerance = buffer.dtype === "float32" ? tolerances.sum : tolerances.exact;
        expect(firstDifference(memory.get(buffer)!, expected, tolerance), buffer.name).toBeUndefined();
      }
    });
  },
);

const infinity = Number.POSITIVE_INFINITY;

interface Fold {
  readonly values: Elements;
  readonly reduction: (value: Expression, at: Expression) => Reduction;
  readonly lanes?: boolean;
  readonly guard?: { readonly index: (k: number) => Index; readonly size: number };
  readonly fused?: boolean;
}

/** Reduces a row of values to the level's slots. */
function fold({ values, reduction, lanes = false, guard, fused = true }: Fold): number[] {
  const dtype = values instanceof Float32Array ? "float32" : "int32";
  const x = tensor("x", [values.length], dtype);
  const nest = new NestBuilder("fold");
  const k = nest.reduction("k", values.length);
  if (guard !== undefined) nest.guard(guard.index(k), guard.size);
  const reduced = reduction(nest.load(x, [axisIndex(k)]), position(axisIndex(k)));
  const slots = nest.reduce([reduced], { lanes });
  const types: Dtype[] = reduced.op === "argmax" ? ["float32", "int32"] : [dtype];
  const outputs = slots.map((slot, at) => {
    const out = tensor(`out${at}`, [1], types[at]!);
    nest.store(out, [constantIndex(0)], slot);
    return out;
  });
  const memory = new Map([[x, values], ...outputs.map((out) => [out, elementsOf(out, -1)] as const)]);
  interpretNest(nest.build(), (buffer) => memory.get(buffer)!, { fused });
  return outputs.map((out) => memory.get(out)![0]!);
}

const floats = (...values: number[]): Float32Array => Float32Array.from(values);
const argmax = (value: Expression, at: Expression): Reduction => ({ op: "argmax", value, position: at });

describe("an argmax", () => {
  test.each<[string, number[], [number, number]]>([
    ["keeps the first of equals", [1, 3, 2, 3], [3, 1]],
    ["keeps the first of zeros, whatever their sign", [-0, 0], [-0, 0]],
    ["takes the first element although all are -infinity", [-infinity, -infinity], [-infinity, 0]],
    ["takes the first NaN and stays with it", [1, Number.NaN, 5, Number.NaN], [Number.NaN, 1]],
    ["takes a first NaN", [Number.NaN, 5], [Number.NaN, 0]],
  ])("%s", (_, values, expected) => {
    expect(fold({ values: floats(...values), reduction: argmax })).toEqual(expected);
  });

  test("takes the first element that takes part", () => {
    const values = floats(9, -infinity, -infinity, 9);
    const guard = { index: (k: number) => axisIndex(k, 1, -1), size: 2 };
    expect(fold({ values, reduction: argmax, guard })).toEqual([-infinity, 1]);
  });
});

describe("max and min", () => {
  const max = (value: Expression): Reduction => ({ op: "max", value });
  const min = (value: Expression): Reduction => ({ op: "min", value });
  const none = { index: () => constantIndex(-1), size: 1 };

  test.each([false, true])("keep NaN, with lanes: %s", (lanes) => {
    const values = Float32Array.from({ length: 40 }, (_, at) => (at === 21 ? Number.NaN : at));
    expect(fold({ values, reduction: max, lanes })).toEqual([Number.NaN]);
    expect(fold({ values, reduction: min, lanes })).toEqual([Number.NaN]);
  });

  test("of integers are signed, and of nothing the opposite end", () => {
    const values = Int32Array.of(-5, 7, -2147483648, 2147483647);
    expect(fold({ values, reduction: max })).toEqual([2147483647]);
    expect(fold({ values, reduction: min })).toEqual([-2147483648]);
    const never = { index: (k: number) => axisIndex(k, 1, -9), size: 1 };
    expect(fold({ values: floats(1), reduction: max, guard: never })).toEqual([-infinity]);
    expect(fold({ values: floats(1), reduction: min, guard: never })).toEqual([infinity]);
    expect(fold({ values: Int32Array.of(1), reduction: max, guard: never })).toEqual([-2147483648]);
  });

  test("a guard that never holds and names no reduction axis switches the point off", () => {
    expect(fold({ values: floats(1), reduction: max, guard: none })).toEqual([-1]);
  });
});

describe("sums", () => {
  const sum = (value: Expression): Reduction => ({ op: "add", value });
  const squares = (value: Expression): Reduction => ({ op: "add", value: mul(value, value) });

  test("run in ascending order", () => {
    expect(fold({ values: floats(2 ** 24, 1, 1, -(2 ** 24)), reduction: sum })).toEqual([0]);
    expect(fold({ values: floats(1, 1, 2 ** 24, -(2 ** 24)), reduction: sum })).toEqual([2]);
  });

  test("in lanes add elements 16 apart, then lanes 8, 4, 2 and 1 apart", () => {
    const values = new Float32Array(17);
    values[0] = 2 ** 24;
    values[16] = 1;
    values[8] = 1;
    values[4] = -(2 ** 24);
    values[1] = 3;
    expect(fold({ values, reduction: sum, lanes: true })).toEqual([3]);
    values[9] = 1;
    values[8] = 2;
    expect(fold({ values, reduction: sum, lanes: true })).toEqual([6]);
  });

  test("of products round once a step, in the strict variant twice", () => {
    const values = floats(1 + 2 ** -12, 1 + 2 ** -12);
    const [first, square] = [1 + 2 ** -11 + 2 ** -24, (1 + 2 ** -12) ** 2];
    expect(fold({ values, reduction: squares })).toEqual([Math.fround(Math.fround(first) + square)]);
    const twice = Math.fround(Math.fround(square) + Math.fround(square));
    expect(fold({ values, reduction: squares, fused: false })).toEqual([twice]);
  });

  test("of integers wrap", () => {
    expect(fold({ values: Int32Array.of(2147483647, 1), reduction: sum })).toEqual([-2147483648]);
  });
});

test("a guard over both levels skips points of the inner one, a guard over the outer one skips it whole", () => {
  const build = (guardInner: boolean): number => {
    const nest = new NestBuilder("guards");
    const k = nest.reduction("k", 3);
    const u = nest.outerReduction("u", 4);
    if (guardInner) nest.guard(addIndex(axisIndex(u), axisIndex(k)), 3);
    else nest.guard(axisIndex(u), 3);
    const [count] = nest.reduce([{ op: "add", value: i32(1) }]);
    const [total] = nest.reduce([{ op: "add", value: add(count!, i32(100)) }]);
    const y = tensor("y", [1], "int32");
    nest.store(y, [constantIndex(0)], total!);
    const result = new Int32Array(1);
    interpretNest(nest.build(), () => result);
    return result[0]!;
  };
  expect(build(true)).toBe(4 * 100 + 3 + 2 + 1);
  expect(build(false)).toBe(3 * 100 + 3 * 3);
});

test("an access outside its buffer is refused", () => {
  const nest = new NestBuilder("outside");
  const i = nest.space("i", 3);
  nest.store(tensor("y", [2]), [axisIndex(i)], f32(0));
  expect(() => interpretNest(nest.build(), (buffer) => elementsOf(buffer))).toThrow(
    "access of y: index 2 outside dimension 0 of size 2",
  );
});
