import fc from "fast-check";
import { expect, test } from "vitest";
import { affineForm, type Box, rangeInBox, tighten } from "./affine-form.ts";
import { evaluateIndex, type Index, type Term } from "./index-expression.ts";
import { boundsUnder, proveBounds } from "./prove-bounds.ts";

const sizes = [3, 4, 2];
const box: Box = sizes.map((size) => ({ min: 0, max: size - 1 }));

const term: fc.Arbitrary<Term> = fc.integer({ min: 0, max: sizes.length - 1 }).chain((axis) =>
  fc.oneof(
    fc.integer({ min: -3, max: 3 }).map((stride) => ({ axis, stride })),
    fc
      .array(fc.integer({ min: -4, max: 4 }), { minLength: sizes[axis]!, maxLength: sizes[axis]! })
      .map((table) => ({
        axis,
        table,
      })),
  ),
);

const index: fc.Arbitrary<Index> = fc.record({
  offset: fc.integer({ min: -5, max: 5 }),
  terms: fc.array(term, { maxLength: 4 }),
});

const guard = fc.record({ index, size: fc.integer({ min: 1, max: 8 }) });

/** The values of an index at the points where the guards hold. */
function valuesOf(of: Index, guards: readonly { index: Index; size: number }[]): number[] {
  const values: number[] = [];
  for (let i = 0; i < sizes[0]!; i++)
    for (let j = 0; j < sizes[1]!; j++)
      for (let k = 0; k < sizes[2]!; k++) {
        const passes = guards.every((each) => {
          const value = evaluateIndex(each.index, [i, j, k]);
          return value >= 0 && value < each.size;
        });
        if (passes) values.push(evaluateIndex(of, [i, j, k]));
      }
  return values;
}

test("a normal form has exactly its index's values, so its range is that of all points", () => {
  fc.assert(
    fc.property(index, (each) => {
      const values = valuesOf(each, []);
      const { min, max } = rangeInBox(affineForm(each, sizes), box);
      expect(min).toBeLessThanOrEqual(Math.min(...values));
      expect(max).toBeGreaterThanOrEqual(Math.max(...values));
      const axes = each.terms.map(({ axis }) => axis);
      if (new Set(axes).size < 2) expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
    }),
    { numRuns: 2000 },
  );
});

test("interval bounds under conditions contain all values that occur", () => {
  fc.assert(
    fc.property(index, fc.array(guard, { maxLength: 3 }), (each, guards) => {
      const conditions = guards.map(({ index, size }) => ({ form: affineForm(index, sizes), size }));
      const bounds = boundsUnder(affineForm(each, sizes), box, conditions);
      for (const value of valuesOf(each, guards)) {
        expect(bounds).toBeDefined();
        expect(value).toBeGreaterThanOrEqual(bounds!.min);
        expect(value).toBeLessThanOrEqual(bounds!.max);
      }
    }),
    { numRuns: 5000 },
  );
});

test("a tightened box loses no point where the conditions hold", () => {
  fc.assert(
    fc.property(fc.array(guard, { minLength: 1, maxLength: 3 }), (guards) => {
      const conditions = guards.map(({ index, size }) => ({ form: affineForm(index, sizes), size }));
      const tight = tighten(box, conditions);
      sizes.forEach((_, axis) => {
        for (const value of valuesOf({ offset: 0, terms: [{ axis, stride: 1 }] }, guards)) {
          expect(tight).toBeDefined();
          expect(value).toBeGreaterThanOrEqual(tight![axis]!.min);
          expect(value).toBeLessThanOrEqual(tight![axis]!.max);
        }
      });
    }),
    { numRuns: 3000 },
  );
});

test("over few points, exactly the indices that stay inside are proved", () => {
  fc.assert(
    fc.property(
      index,
      fc.integer({ min: 1, max: 12 }),
      fc.array(guard, { maxLength: 3 }),
      (each, size, guards) => {
        const conditions = guards.map(({ index, size }) => ({ form: affineForm(index, sizes), size }));
        const values = valuesOf(each, guards);
        fc.pre(values.length > 0);
        const stays = values.every((value) => value >= 0 && value < size);
        expect(proveBounds(affineForm(each, sizes), size, box, conditions) === undefined).toBe(stays);
      },
    ),
    { numRuns: 5000 },
  );
});
