import { expect, test } from "vitest";
import { allKernelCases } from "../../testing/all-kernel-cases.ts";
import { fusedCase } from "../../testing/kernel-cases-arithmetic.ts";
import { runWasmKernel } from "../../testing/run-wasm-kernel.ts";

const cases = allKernelCases(4);

for (const relaxed of [true, false]) {
  test.each(cases)(`$title (${relaxed ? "relaxed" : "strict"})`, ({ expected, ...run }) => {
    const after = runWasmKernel(run, { relaxed });
    expect(after.map((buffer) => Array.from(buffer))).toEqual(expected.map((buffer) => Array.from(buffer)));
  });
}

test("the relaxed variant fuses multiply and add", () => {
  const { expected, ...run } = fusedCase(4);
  const after = runWasmKernel(run);
  expect(Array.from(after.at(-1)!)).toEqual(Array.from(expected.at(-1)!));
});

test("the strict variant rounds the product", () => {
  const after = runWasmKernel(fusedCase(4), { relaxed: false });
  expect(new Set(after.at(-1)!)).toEqual(new Set([0]));
});
