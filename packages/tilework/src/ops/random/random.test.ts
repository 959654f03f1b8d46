import { expect, test } from "vitest";
import { evaluate } from "../../testing/evaluate.ts";
import { constant } from "../constant.ts";
import { fill } from "../fill.ts";
import { dropoutMask, randomBits, randomUniform } from "./random.ts";
import { hostWords, threefry } from "./threefry.ts";

const seed = constant([1, 2], [2], "int32");

/** Known answers of the authors' library Random123 (threefry2x32, 20 rounds). */
test.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [-1, -1],
    [-1, -1],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
] as const)("threefry with key %j and counter %j", (key, counter, expected) => {
  expect(threefry(hostWords, key, counter).map((word) => word >>> 0)).toEqual(expected);
});

test("an element depends on seed, salt and position alone", () => {
  const bits = evaluate(randomBits(seed, [4, 3], 5));
  expect(evaluate(randomBits(seed, [6], 5))).toEqual(bits.slice(0, 6));
  expect(evaluate(randomBits(seed, [4, 3], 6))).not.toEqual(bits);
  expect(evaluate(randomBits(constant([1, 3], [2], "int32"), [4, 3], 5))).not.toEqual(bits);
});

test("uniform numbers lie in [0, 1) with the mean and variance of their distribution", () => {
  const count = 20000;
  const numbers = evaluate(randomUniform(seed, [count], 0));
  const mean = numbers.reduce((sum, x) => sum + x, 0) / count;
  const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count;
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(Math.abs(mean - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / count));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / count));
});

test("a dropout mask drops its rate and scales what it keeps", () => {
  const count = 20000;
  const mask = evaluate(dropoutMask(seed, [count], 0.3, 0));
  const dropped = mask.filter((element) => element === 0).length;
  expect(new Set(mask)).toEqual(new Set([0, 1 / 0.7]));
  expect(Math.abs(dropped / count - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / count));
});

test("seeds and rates that do not fit are refused", () => {
  expect(() => randomUniform(fill(0, [3], "int32"), [2], 0)).toThrow(
    "the seed must be int32 (2,), not int32 (3,)",
  );
  expect(() => dropoutMask(seed, [2], 1, 0)).toThrow("dropoutMask: rate must be in [0, 1), not 1");
});
