import { expect, test } from "vitest";
import { compileProgram } from "../../compiler/compile.ts";
import { avx512Target } from "../../compiler/target.ts";
import { input } from "../../graph/program.ts";
import { convolution } from "../../ops/convolution/convolution.ts";
import { convolutionBackwardFilter } from "../../ops/convolution/convolution-backward-filter.ts";
import type { Statement } from "../kernel-code.ts";
import { emitKernel } from "./emit-kernel.ts";

/** The bodies of the innermost loops. */
function innermost(statements: readonly Statement[]): (readonly Statement[])[] {
  return statements.flatMap((statement) => {
    if (statement.op === "if") return innermost([...statement.yes, ...statement.no]);
    if (statement.op !== "loop") return [];
    const inner = innermost(statement.body);
    return inner.length > 0 ? inner : [statement.body];
  });
}

test("rows of a tile whose elements lie in the same vectors load them once and permute them for each row", () => {
  const images = input("images", { shape: [4, 14, 14, 128], dtype: "float32" });
  const upstream = input("upstream", { shape: [4, 14, 14, 128], dtype: "float32" });
  const gradient = convolutionBackwardFilter(images, upstream, {
    kernelSizes: [3, 3],
    groups: 32,
    padding: [
      [1, 1],
      [1, 1],
    ],
  });
  const { kernels } = compileProgram(
    { inputs: { images, upstream }, outputs: { gradient }, updates: [] },
    avx512Target,
  );
  const kernel = kernels.find(({ nest }) => nest.name === "convolutionBackwardFilter")!;
  const { vectors, rows } = kernel.schedule;
  const results = vectors * rows.reduce((product, { count }) => product * count, 1);
  const bodies = innermost(emitKernel(kernel).body);
  const count = (body: readonly Statement[], op: Statement["op"]): number =>
    body.filter((statement) => statement.op === op).length;
  const sums = bodies.filter((body) => count(body, "fma") > 0);
  expect(rows).toEqual([expect.objectContaining({ count: 4 })]);
  expect(sums.length).toBeGreaterThan(0);
  for (const body of sums)
    expect([count(body, "fma") % results, count(body, "load")]).toEqual([
      0,
      (2 * vectors * count(body, "fma")) / results,
    ]);
});

test("vectors that steps written out permute one after the other fit the registers beside the accumulators", () => {
  const images = input("images", { shape: [4, 14, 14, 64], dtype: "float32" });
  const weights = input("weights", { shape: [3, 3, 2, 128], dtype: "float32" });
  const result = convolution(images, weights, { groups: 32 });
  const { kernels } = compileProgram(
    { inputs: { images, weights }, outputs: { result }, updates: [] },
    avx512Target,
  );
  const { schedule } = kernels.find(({ nest }) => nest.name === "convolution")!;
  const results = schedule.rows.reduce((product, { count }) => product * count, schedule.vectors);
  expect(schedule.unroll).toBe(2);
  expect(results).toBeGreaterThan(1);
  expect(2 * results + schedule.vectors).toBeLessThan(avx512Target.registers);
});
