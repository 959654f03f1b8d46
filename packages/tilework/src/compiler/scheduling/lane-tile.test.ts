import { expect, test } from "vitest";
import { input } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { convolution } from "../../ops/convolution/convolution.ts";
import { matmul } from "../../ops/matmul/matmul.ts";
import { fuseNests } from "../fusion/fuse.ts";
import { lowerProgram } from "../lower.ts";
import { scheduleNest } from "../schedule-nest.ts";
import { avx2Target, avx512Target, type Target, wasmTarget } from "../target.ts";
import { turnOperands } from "../turn-operands.ts";

const given = (name: string, ...shape: number[]): Value => input(name, { shape, dtype: "float32" });
const rows = given("rows", 32, 1600);
const weights = given("weights", 1600, 10);
const images = given("images", 2, 8, 8, 64);
const kernel = given("kernel", 3, 3, 64, 3);

function tileOf(y: Value, target: Target): (readonly [axis: string, count: number])[] {
  const inputs = Object.fromEntries(
    [rows, weights, images, kernel].map((value, at) => [`given${at}`, value]),
  );
  const { nests } = fuseNests(lowerProgram({ inputs, outputs: { y }, updates: [] }));
  const { nest } = turnOperands(nests, target).at(-1)!;
  expect(nest.levels[0]!.lanes).toBe(true);
  return scheduleNest(nest, target).rows.map(({ axis, count }) => [nest.axes[axis]!.name, count] as const);
}

test("each row of one operand meets each of the other, as many as registers hold", () => {
  const ten = matmul(rows, weights);
  expect(tileOf(ten, avx512Target)).toEqual([
    ["d0", 4],
    ["d1", 5],
  ]);
  for (const target of [avx2Target, wasmTarget]) {
    const [m, n] = tileOf(ten, target).map(([, count]) => count) as [number, number];
    expect(m * n * (target.printer === "wasm" ? 1 : 2)).toBeLessThanOrEqual(target.registers);
    expect(Math.min(m, n)).toBeGreaterThan(1);
  }
});

test("pixels meet filters", () => {
  const axes = tileOf(convolution(images, kernel, {}), avx512Target).map(([axis]) => axis);
  expect(axes).toEqual(["output1", "filter"]);
});
