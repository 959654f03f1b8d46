import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addIndex,
  axesOf,
  axisIndex,
  constantIndex,
  evaluateIndex,
  type Index,
  rangeOf,
  scaleIndex,
  strideAlong,
  substitute,
  type Term,
  tableIndex,
} from "./index-expression.ts";

const size = 3;
const axisCount = 3;

const term: fc.Arbitrary<Term> = fc.oneof(
  fc.record({ axis: fc.nat(axisCount - 1), stride: fc.integer({ min: -3, max: 3 }) }),
  fc.record({
    axis: fc.nat(axisCount - 1),
    table: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: size, maxLength: size }),
  }),
);
const index: fc.Arbitrary<Index> = fc.record({
  offset: fc.integer({ min: -5, max: 5 }),
  terms: fc.array(term, { maxLength: 4 }),
});
const point = fc.array(fc.nat(size - 1), { minLength: axisCount, maxLength: axisCount });

test("sums and multiples of indices have the sums and multiples of their values", () => {
  fc.assert(
    fc.property(index, index, fc.integer({ min: -4, max: 4 }), point, (a, b, factor, at) => {
      const [x, y] = [evaluateIndex(a, at), evaluateIndex(b, at)];
      expect(evaluateIndex(addIndex(a, b), at)).toBe(x + y);
      expect(evaluateIndex(scaleIndex(a, factor), at) + 0).toBe(x * factor + 0);
    }),
  );
});

test("the range of an index contains its value at every point", () => {
  fc.assert(
    fc.property(index, point, (each, at) => {
      const { min, max } = rangeOf(each, () => size);
      expect(evaluateIndex(each, at)).toBeGreaterThanOrEqual(min);
      expect(evaluateIndex(each, at)).toBeLessThanOrEqual(max);
    }),
  );
});

test("the range is tight where each axis occurs once", () => {
  const each = addIndex(axisIndex(0, 2, -1), axisIndex(1, -3), tableIndex(2, [5, -2, 4]));
  expect(rangeOf(each, () => size)).toEqual({ min: -1 - 6 - 2, max: -1 + 4 + 5 });
});

test("an index with its axes replaced has the value at the replaced point", () => {
  fc.assert(
    fc.property(index, fc.array(fc.nat(1), { minLength: 3, maxLength: 3 }), (each, [p, q, fixed]) => {
      const replacements = [axisIndex(1), addIndex(axisIndex(0), axisIndex(2)), constantIndex(fixed!)];
      const replaced = substitute(each, (axis) => replacements[axis]!);
      const sumInTable = each.terms.some((one) => "table" in one && one.axis === 1);
      expect(replaced === undefined).toBe(sumInTable);
      if (replaced === undefined) return;
      const at = [p!, q!, 1];
      const before = replacements.map((by) => evaluateIndex(by, at));
      expect(evaluateIndex(replaced, at)).toBe(evaluateIndex(each, before));
    }),
  );
});

test("equal axes merge, and what cancels is gone", () => {
  expect(addIndex(axisIndex(0, 2), axisIndex(1), axisIndex(0, -2, 3))).toEqual(axisIndex(1, 1, 3));
  expect(axisIndex(0, 0, 4)).toEqual(constantIndex(4));
});

test("the stride along an axis is that of all its terms, and unknown behind a table", () => {
  const each = addIndex(axisIndex(0, 2), axisIndex(0), tableIndex(1, [0, 5, 6]));
  expect(strideAlong(each, 0)).toBe(3);
  expect(strideAlong(each, 1)).toBeUndefined();
  expect(strideAlong(each, 2)).toBe(0);
  expect(axesOf(each)).toEqual(new Set([0, 1]));
});
