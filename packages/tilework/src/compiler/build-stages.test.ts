import { expect, test } from "vitest";
import { input, type Program } from "../graph/program.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { moments } from "../ops/reduce/moments.ts";
import { planProgram } from "./compile.ts";
import { avx512Target } from "./target.ts";

function statistics(shape: readonly number[]): Program {
  const x = input("x", { shape, dtype: "float32" });
  const [mean, variance] = moments(x, { axes: shape.map((_, axis) => axis).slice(0, -1) });
  return { inputs: { x }, outputs: { mean, variance }, updates: [] };
}

test.each([
  { shape: [32, 14, 14, 256], slices: 32, because: "each has much to do" },
  { shape: [256, 512], slices: 8, because: "half as many have twice as much to do" },
  { shape: [32, 8, 8, 20], slices: 4, because: "fewer would not share out" },
])("moments of $shape run in $slices slices: $because", ({ shape, slices }) => {
  const [first] = planProgram(statistics(shape), avx512Target).stages;
  expect(first!.launches.length).toBe(2);
  expect(first!.tasks).toBe(slices);
});

test("products are done sooner than other points, so slices take more of them", () => {
  const upstream = input("upstream", { shape: [32, 10], dtype: "float32" });
  const weights = input("weights", { shape: [1600, 10], dtype: "float32" });
  const y = matmul(upstream, weights, { transposeB: true });
  const { stages } = planProgram(
    { inputs: { upstream, weights }, outputs: { y }, updates: [] },
    avx512Target,
  );
  expect(stages.map(({ launches }) => launches.length)).toEqual([2]);
  expect(stages[0]!.tasks).toBe(5);
});
