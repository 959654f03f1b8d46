import fc from "fast-check";
import { expect, test } from "vitest";
import { fusedMultiplyAdd, multiplyThenAdd } from "./fused-multiply-add.ts";

const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

function floatOf(bits: number): number {
  asBits[0] = bits;
  return asFloat[0]!;
}

/** A finite float32 as an integer times 2^-149. */
function scaled(value: number): bigint {
  asFloat[0] = value;
  const bits = asBits[0]!;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = BigInt(bits & 0x7fffff);
  const size = exponent === 0 ? fraction : (fraction | 0x800000n) << BigInt(exponent - 1);
  return bits >>> 31 === 1 ? -size : size;
}

/** integer · 2^-298, rounded to the nearest float32, ties to even. */
function rounded(integer: bigint): number {
  const size = integer < 0n ? -integer : integer;
  const length = size.toString(2).length;
  const dropped = BigInt(Math.max(length - 24, 149));
  const kept = size >> dropped;
  const rest = size - (kept << dropped);
  const half = 1n << (dropped - 1n);
  const up = rest > half || (rest === half && kept % 2n === 1n);
  const value = Number(kept + (up ? 1n : 0n)) * 2 ** (Number(dropped) - 298);
  return integer < 0n ? -Math.fround(value) : Math.fround(value);
}

const exact = (x: number, y: number, z: number): number =>
  rounded(scaled(x) * scaled(y) + (scaled(z) << 149n));

const finite = fc
  .integer({ min: 0, max: 0xffffffff })
  .map(floatOf)
  .filter((x) => Number.isFinite(x));

/** Few bits and near exponents: sums that cancel, and ties. */
const short = fc
  .tuple(fc.integer({ min: -64, max: 64 }), fc.integer({ min: -30, max: 30 }))
  .map(([m, e]) => Math.fround((1 + m * 2 ** -23) * 2 ** e * (m % 3 === 0 ? -1 : 1)));

const sameUpToZeroSign = (got: number, expected: number): void => {
  expect(Object.is(got + 0, expected + 0), `${got} instead of ${expected}`).toBe(true);
};

test.each([
  ["any bits", finite],
  ["near ties", short],
])("agrees with exact integer arithmetic: %s", (_, numbers) => {
  fc.assert(
    fc.property(numbers, numbers, numbers, (x, y, z) => {
      sameUpToZeroSign(fusedMultiplyAdd(x, y, z), exact(x, y, z));
    }),
    { numRuns: 20000 },
  );
});

test("agrees where x·y lies half way between two numbers and z decides", () => {
  const halfWay = fc.tuple(
    fc.integer({ min: 0, max: 2 ** 12 - 1 }),
    fc.integer({ min: 1, max: 2 ** 12 - 1 }),
  );
  fc.assert(
    fc.property(halfWay, fc.integer({ min: -149, max: -20 }), fc.boolean(), ([a, b], e, negative) => {
      const x = Math.fround(1 + (2 * a + 1) * 2 ** -12);
      const y = Math.fround(1 + (2 * b + 1) * 2 ** -13);
      const z = (negative ? -1 : 1) * 2 ** e;
      sameUpToZeroSign(fusedMultiplyAdd(x, y, z), exact(x, y, z));
    }),
    { numRuns: 20000 },
  );
});

test("agrees among subnormals, where products lie half way between two of them", () => {
  const tiny = fc.tuple(fc.integer({ min: 1, max: 4095 }), fc.integer({ min: -80, max: -70 }));
  fc.assert(
    fc.property(tiny, tiny, fc.integer({ min: -5000, max: 5000 }), ([a, e], [b, f], k) => {
      const [x, y, z] = [a * 2 ** e, b * 2 ** f, k * 2 ** -149];
      sameUpToZeroSign(fusedMultiplyAdd(x, y, z), exact(x, y, z));
    }),
    { numRuns: 20000 },
  );
});

test.each([
  [Number.POSITIVE_INFINITY, 0, 1, Number.NaN],
  [Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY, Number.NaN],
  [Number.POSITIVE_INFINITY, -2, 5, Number.NEGATIVE_INFINITY],
  [Number.NaN, 1, 1, Number.NaN],
  [2 ** 100, 2 ** 100, 1, Number.POSITIVE_INFINITY],
  [-0, 1, -0, -0],
  [-0, 1, 0, 0],
  [3, 0, -0, 0],
])("%s · %s + %s is %s", (x, y, z, expected) => {
  expect(fusedMultiplyAdd(x, y, z)).toBe(expected);
});

test("one rounding and two roundings differ", () => {
  const x = 1 + 2 ** -12;
  expect(fusedMultiplyAdd(x, x, -1)).toBe(2 ** -11 + 2 ** -24);
  expect(multiplyThenAdd(x, x, -1)).toBe(2 ** -11);
});
