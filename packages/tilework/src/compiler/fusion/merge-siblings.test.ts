import { expect, test } from "vitest";
import { input, type Program } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { convolution } from "../../ops/convolution/convolution.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { relu } from "../../ops/unary/relu.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { runLowered, runNests } from "../../testing/run-nests.ts";
import { lowerProgram } from "../lower.ts";
import { fuseNests } from "./fuse.ts";

const x = input("x", { shape: [12, 6, 5], dtype: "float32" });
const y = input("y", { shape: [12, 6, 5], dtype: "float32" });
const mean = input("mean", { shape: [1, 1, 5], dtype: "float32" });
const axes = [0, 1];

function programOf(outputs: Readonly<Record<string, Value>>): Program {
  return { inputs: { x, y, mean }, outputs, updates: [] };
}

function feeds({ inputs }: Program): Record<string, Float32Array> {
  const values = Object.entries(inputs).map(([name, { shape }], seed): [string, Float32Array] => [
    name,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + 1.7 * i)),
  ]);
  return Object.fromEntries(values);
}

test.each<[title: string, outputs: Record<string, Value>, nests: number]>([
  [
    "two sums over one tensor",
    { a: reduceSum(x, { axes }), b: reduceSum(multiply(x, subtract(y, mean)), { axes }) },
    1,
  ],
  ["sums in lanes", { a: reduceSum(x, { axes: 2 }), b: reduceSum(multiply(x, y), { axes: 2 }) }, 1],
  ["sums over different tensors", { a: reduceSum(x, { axes }), b: reduceSum(y, { axes }) }, 2],
  ["sums over different axes", { a: reduceSum(x, { axes: 0 }), b: reduceSum(x, { axes: 1 }) }, 2],
  [
    "a sum that another one waits for",
    (() => {
      const a = reduceSum(x, { axes, keepDims: true });
      return { a, b: reduceSum(relu(subtract(x, a)), { axes }) };
    })(),
    2,
  ],
])("%s", (_, outputs, nests) => {
  const program = programOf(outputs);
  const fused = fuseNests(lowerProgram(program));
  expect(fused.nests).toHaveLength(nests);
  expect(runLowered(fused, feeds(program))).toEqual(runNests(program, feeds(program)));
});

test("convolutions of one image stay two: registers are what they need", () => {
  const image = input("image", { shape: [2, 5, 5, 4], dtype: "float32" });
  const kernels = ["k", "l"].map((name) => input(name, { shape: [1, 1, 4, 4], dtype: "float32" }));
  const [k, l] = kernels as [Value, Value];
  const outputs = { a: convolution(image, k, {}), b: convolution(image, l, {}) };
  const fused = fuseNests(lowerProgram({ inputs: { image, k, l }, outputs, updates: [] }));
  expect(fused.nests).toHaveLength(2);
});
