import { expect, test } from "vitest";
import { fusesMultiplyAdd, supportsRelaxedSimd, supportsSimd } from "./features.ts";

test("this engine takes SIMD and relaxed SIMD, and fuses multiply-add", () => {
  expect(supportsSimd()).toBe(true);
  expect(supportsRelaxedSimd()).toBe(true);
  expect(fusesMultiplyAdd()).toBe(true);
});
