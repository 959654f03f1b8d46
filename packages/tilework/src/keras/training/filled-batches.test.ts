import { expect, test } from "vitest";
import { lowerProgram } from "../../compiler/lower.ts";
import { input, type Program, read } from "../../graph/program.ts";
import { matmul } from "../../ops/matmul/matmul.ts";
import { trainingStep } from "../../testing/training-step.ts";
import { FilledBatches, fillingPays, fillUp } from "./filled-batches.ts";

/** One contraction of 32 rows: as many operations as a large network's layer, and nearly nothing to compile. */
function largeProduct(): Program {
  const x = input("x", { shape: [32, 8192], dtype: "float32" });
  const weights = read({ name: "weights", shape: [8192, 8192], dtype: "float32" });
  return { inputs: { x }, outputs: { y: matmul(x, weights) }, updates: [] };
}

test("filling up pays where a step is cheap beside its compilation, or few rows are missing", () => {
  const small = lowerProgram(trainingStep(32).program);
  const large = lowerProgram(largeProduct());
  expect(fillingPays(small, 31, 32)).toBe(true);
  expect(fillingPays(large, 16, 32)).toBe(false);
});

test("a small batch is filled up with its last row, and the mask leaves those out", () => {
  const batches = [Uint32Array.of(4, 2, 7), Uint32Array.of(5, 1)];
  const filled = new FilledBatches(batches, 3);
  expect(filled.steps).toEqual([batches[0], Uint32Array.of(5, 1, 1)]);
  expect(filled.feeds(0)).toEqual({ mask: Float32Array.of(1, 1, 1), stretch: Float32Array.of(1) });
  expect(filled.feeds(1)).toEqual({ mask: Float32Array.of(1, 1, 0), stretch: Float32Array.of(1.5) });
  expect(fillUp(batches[0]!, 3)).toBe(batches[0]);
});

test("without a size batches stay as they are", () => {
  const batches = [Uint32Array.of(4, 2, 7), Uint32Array.of(5, 1)];
  const asTheyAre = new FilledBatches(batches, undefined);
  expect([asTheyAre.masked, asTheyAre.steps, asTheyAre.feeds(1)]).toEqual([false, batches, {}]);
});
