import { describe, expect, test } from "vitest";
import { allKernelCases } from "../../testing/all-kernel-cases.ts";
import { type Elements, kernelOf } from "../../testing/kernel-cases.ts";
import { fusedCase } from "../../testing/kernel-cases-arithmetic.ts";
import type { KernelRun } from "../../testing/kernel-run.ts";
import { canRunX64, runX64Kernels } from "../../testing/run-x64-kernels.ts";
import type { Statement } from "../kernel-code.ts";
import { printX64 } from "./print-kernel.ts";

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

function streamingKernel(offset: number): KernelRun {
  const body: Statement[] = [
    { op: "argument", to: 0, slot: 0 },
    { op: "argument", to: 1, slot: 1 },
    { op: "load", to: 0, address: { base: 0, offset: 4 }, type: "f32", active: 8 },
    { op: "store", from: 0, address: { base: 1, offset }, type: "f32", active: 8, streaming: true },
  ];
  const kernel = kernelOf("streaming", 8, { buffers: 2, integers: 2, vectors: ["f32"], body });
  const buffers = [Float32Array.from({ length: 16 }, (_, i) => i), new Float32Array(32)];
  return { kernel, buffers, ranges: [[0, 1]] };
}

const fence = "0faef8";

test.each([
  [64, true],
  [68, false],
])("a streaming store at offset %d goes past the caches: %s", (offset, streams) => {
  const run = streamingKernel(offset);
  const code = Buffer.from(printX64(run.kernel, "avx2")).toString("hex");
  expect(code.includes(fence)).toBe(streams);
  if (!canRunX64("avx2")) return;
  const [[, output]] = runX64Kernels([run], "avx2") as [Elements[]];
  const expected = new Float32Array(32);
  expected.set([1, 2, 3, 4, 5, 6, 7, 8], offset / 4);
  expect(output).toEqual(expected);
});

test("a kernel for another width is refused", () => {
  const { kernel } = streamingKernel(0);
  expect(() => printX64(kernel, "avx512")).toThrow(/avx512 has 16 lanes, the kernel 8/);
});
