import { expect, test } from "vitest";
import { allKernelCases } from "../../testing/all-kernel-cases.ts";
import { fusedCase } from "../../testing/kernel-cases-arithmetic.ts";
import { runWasmKernel } from "../../testing/run-wasm-kernel.ts";

const cases = allKernelCases(4);

for (const relaxed of [true, false]) {
  test.each(cases)(
    `$title (${relaxed ? "relaxed" : "strict"})`,
    ({ kernel, buffers, begin, end, expected }) => {
      const after = runWasmKernel(kernel, buffers, { begin, end }, { relaxed });
      expect(after.map((buffer) => Array.from(buffer))).toEqual(expected.map((buffer) => Array.from(buffer)));
    },
  );
}

test("the relaxed variant fuses multiply and add", () => {
  const { kernel, buffers, begin, end, expected } = fusedCase(4);
  const after = runWasmKernel(kernel, buffers, { begin, end });
  expect(Array.from(after.at(-1)!)).toEqual(Array.from(expected.at(-1)!));
});

test("the strict variant rounds the product", () => {
  const { kernel, buffers, begin, end } = fusedCase(4);
  const after = runWasmKernel(kernel, buffers, { begin, end }, { relaxed: false });
  expect(new Set(after.at(-1)!)).toEqual(new Set([0]));
});
