import { describe, expect, test } from "vitest";
import { allKernelCases } from "../../testing/all-kernel-cases.ts";
import { fusedCase } from "../../testing/kernel-cases-arithmetic.ts";
import { canRunX64, runX64Kernels } from "../../testing/run-x64-kernels.ts";

const lanesOf = { avx2: 8, avx512: 16 } as const;

describe.each(["avx2", "avx512"] as const)("%s", (cpu) => {
  const runnable = canRunX64(cpu);
  const cases = [...allKernelCases(lanesOf[cpu]), fusedCase(lanesOf[cpu])];
  const results = runnable ? runX64Kernels(cases, cpu) : [];

  test.skipIf(!runnable).each(cases.map((one, at) => ({ ...one, at })))("$title", ({ expected, at }) => {
    expect(results[at]!.map((buffer) => Array.from(buffer))).toEqual(
      expected.map((buffer) => Array.from(buffer)),
    );
  });
});
