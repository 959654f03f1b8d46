import { expect, test } from "vitest";
import { applyOp } from "../../graph/define-op.ts";
import { input } from "../../graph/program.ts";
import { matmul } from "../../ops/matmul/matmul.ts";
import { averagePool } from "../../ops/pooling/average-pool.ts";
import { maxPoolDefinition } from "../../ops/pooling/max-pool.ts";
import { runLowered } from "../../testing/run-nests.ts";
import { type LoweredProgram, lowerProgram } from "../lower.ts";
import { compactNest } from "./merge-nests.ts";
import { unrollWindow } from "./unroll-window.ts";

const special = [Number.NaN, 0, -0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 1, 1];

/** All windows of four of the special numbers, each an image of one channel. */
const elements = Array.from({ length: special.length ** 4 }, (_, image) =>
  Array.from({ length: 4 }, (_, at) => special[Math.floor(image / special.length ** at) % special.length]!),
).flat();
const x = input("x", { shape: [special.length ** 4, 2, 2, 1], dtype: "float32" });
const pool = {
  window: [2, 2],
  padding: [
    [0, 0],
    [0, 0],
  ],
} as const;

function unrolled(lowered: LoweredProgram): LoweredProgram {
  const nests = lowered.nests.map((each) => {
    const nest = unrollWindow(each.nest, 4);
    expect(nest?.levels).toEqual([]);
    return { ...each, nest: compactNest(nest!) };
  });
  return { ...lowered, nests };
}

test.each([
  ["maxima", () => ({ values: applyOp(maxPoolDefinition, [x], { pool, codes: false })[0]! })],
  [
    "maxima with their places",
    () => {
      const [values, codes] = applyOp(maxPoolDefinition, [x], { pool, codes: true });
      return { values: values!, codes: codes! };
    },
  ],
  ["means", () => ({ values: averagePool(x, pool) })],
] as const)("%s of all windows of special numbers have the same bits", (_, outputsOf) => {
  const lowered = lowerProgram({ inputs: { x }, outputs: outputsOf(), updates: [] });
  const [expected, got] = [lowered, unrolled(lowered)].map((each) => runLowered(each, { x: elements }));
  expect(Object.keys(got!)).toEqual(Object.keys(expected!));
  for (const [name, data] of Object.entries(expected!)) {
    expect(data.length).toBe(special.length ** 4);
    data.forEach((value, at) => {
      expect(Object.is(got![name]![at], value), `window ${elements.slice(4 * at, 4 * at + 4)}`).toBe(true);
    });
  }
});

test("sums of products, which are rounded once, and larger windows stay as they are", () => {
  const [y, z] = [
    input("y", { shape: [4, 5], dtype: "float32" }),
    input("z", { shape: [5, 3], dtype: "float32" }),
  ];
  const products = lowerProgram({ inputs: { y, z }, outputs: { sum: matmul(y, z) }, updates: [] });
  const { nest } = products.nests[0]!;
  expect(nest.levels[0]!.lanes).toBe(false);
  expect(unrollWindow(nest, 9)).toBeUndefined();
  const largest = lowerProgram({ inputs: { x }, outputs: { y: averagePool(x, pool) }, updates: [] });
  expect(unrollWindow(largest.nests[0]!.nest, 3)).toBeUndefined();
});
