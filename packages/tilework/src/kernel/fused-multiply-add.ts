/**
 * Fused multiply-add in single precision, exact: x·y is exact in double precision (48 bits of 53); where the
 * sum with z loses bits, it is rounded to odd, and so rounding it to single precision cannot round twice.
 */
const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const lowWord = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** x·y + z of three float32 values, rounded once to float32. */
export function fusedMultiplyAdd(x: number, y: number, z: number): number {
  const product = x * y;
  const sum = product + z;
  double[0] = sum;
  // A tie between two float32 values, or one of them, ends in at least 28 zero bits; nothing else can go wrong.
  if ((words[lowWord]! & 0x0fffffff) !== 0) return Math.fround(sum);
  const rounded = sum - product;
  const lost = product - (sum - rounded) + (z - rounded);
  if (lost === 0 || Number.isNaN(lost)) return Math.fround(sum);
  return Math.fround(lost > 0 === sum > 0 ? sum * (1 + Number.EPSILON) : sum * (1 - Number.EPSILON));
}

/** x·y + z with both operations rounded: what the strict-SIMD variant computes. */
export function multiplyThenAdd(x: number, y: number, z: number): number {
  return Math.fround(Math.fround(x * y) + z);
}
