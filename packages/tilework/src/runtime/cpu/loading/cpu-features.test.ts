import { expect, test } from "vitest";
import { assembleWithBinutils, hasBinutils } from "../../../testing/assemble-with-binutils.ts";
import { featureListing, multiplyAddsOf, widestInstructions } from "./cpu-features.ts";

test.skipIf(!hasBinutils())("the bytes are what binutils makes of the listing", () => {
  const hex = featureListing.map(([, ...bytes]) => Buffer.from(bytes).toString("hex"));
  expect(assembleWithBinutils(featureListing.map(([text]) => text))).toEqual(hex);
});

test("both jumps go to where the function ends", () => {
  const end = featureListing.findIndex(([text], at) => text === "xor eax, eax" && at > 10);
  for (const [at, [text, , distance]] of featureListing.entries())
    if (text.startsWith("j")) {
      const skipped = featureListing.slice(at + 1, end).reduce((sum, [, ...bytes]) => sum + bytes.length, 0);
      expect(distance, text).toBe(skipped);
    }
});

const bit = (...bits: number[]): number => bits.reduce((word, one) => word | (1 << one), 0);
const [fma, osxsave, avx] = [12, 27, 28];
const leaf1 = bit(fma, osxsave, avx);
const [ymm, zmm] = [bit(0, 1, 2), bit(0, 1, 2, 5, 6, 7)];
const [avx2, f, dq, bw, vl] = [5, 16, 17, 30, 31];

test.each([
  ["everything", [13, leaf1, zmm, bit(avx2, f, dq, bw, vl)], "avx512"],
  ["AVX-512 that the system does not save", [13, leaf1, ymm, bit(avx2, f, dq, bw, vl)], "avx2"],
  ["AVX-512 without VL", [13, leaf1, zmm, bit(avx2, f, dq, bw)], "avx2"],
  ["AVX-512 without BW", [13, leaf1, zmm, bit(avx2, f, dq, vl)], "avx2"],
  ["AVX-512 without DQ", [13, leaf1, zmm, bit(avx2, f, bw, vl)], "avx2"],
  ["AVX2", [13, leaf1, ymm, bit(avx2)], "avx2"],
  ["AVX2 without FMA", [13, bit(osxsave, avx), ymm, bit(avx2)], undefined],
  ["AVX only", [13, leaf1, ymm, 0], undefined],
  ["registers that the system does not save", [13, leaf1, bit(0, 1), bit(avx2)], undefined],
  ["no XGETBV", [13, bit(fma, avx), 0, 0], undefined],
  ["an old processor", [2, 0, 0, 0], undefined],
])("%s", (_, words, expected) => {
  expect(widestInstructions(words)).toBe(expected);
});

const makerOf = (letters: string): number => Buffer.from(letters).readInt32LE();

test.each([
  ["Zen 4", "AuthenticAMD", 0x00a10f11, "avx512", 1],
  ["Zen 4 with AVX2", "AuthenticAMD", 0x00a10f11, "avx2", 2],
  ["Zen 5", "AuthenticAMD", 0x00b00f21, "avx512", 2],
  ["Sapphire Rapids", "GenuineIntel", 0x000806f8, "avx512", 2],
  ["Haswell", "GenuineIntel", 0x000306c3, "avx2", 2],
  ["an unknown maker", "CentaurHauls", 0x00000f11, "avx512", 2],
] as const)("multiply-adds a cycle of %s", (_, maker, signature, cpu, expected) => {
  expect(multiplyAddsOf([13, 0, 0, 0, makerOf(maker), signature], cpu)).toBe(expected);
});
