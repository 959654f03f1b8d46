import { expect, test } from "vitest";
import { input, type Program } from "../graph/program.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { convolutionBackwardData } from "../ops/convolution/convolution-backward-data.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { maxPool } from "../ops/pooling/max-pool.ts";
import { runLowered } from "../testing/run-nests.ts";
import { fuseNests } from "./fusion/fuse.ts";
import { lowerProgram } from "./lower.ts";
import { packOperands } from "./pack-operands.ts";
import { scheduleNest } from "./schedule-nest.ts";
import { avx512Target, type Target, wasmTarget } from "./target.ts";

const images = input("images", { shape: [2, 9, 8, 6], dtype: "float32" });
const kernel = input("kernel", { shape: [3, 3, 6, 192], dtype: "float32" });
const upstream = input("upstream", { shape: [2, 9, 8, 8], dtype: "float32" });
const wideKernel = input("wideKernel", { shape: [3, 3, 192, 8], dtype: "float32" });
const rows = input("rows", { shape: [40, 20], dtype: "float32" });
const matrix = input("matrix", { shape: [20, 384], dtype: "float32" });
const same = {
  padding: [
    [1, 1],
    [1, 1],
  ] as const,
};

const programs: readonly (readonly [title: string, program: Program])[] = [
  [
    "a padded convolution",
    { inputs: { images, kernel }, outputs: { y: convolution(images, kernel, same) }, updates: [] },
  ],
  [
    "a convolution under its pooling",
    {
      inputs: { images, kernel },
      outputs: { y: maxPool(convolution(images, kernel, {}), { window: [2, 2] }) },
      updates: [],
    },
  ],
  [
    "the gradient of a convolution by its images",
    {
      inputs: { upstream, wideKernel },
      outputs: { y: convolutionBackwardData(upstream, wideKernel, { ...same, inputSizes: [9, 8] }) },
      updates: [],
    },
  ],
  ["a matrix product", { inputs: { rows, matrix }, outputs: { y: matmul(rows, matrix) }, updates: [] }],
];

function contentOf(program: Program): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape }], stream) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, Float32Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + stream))];
    }),
  );
}

test.each(programs)("packing gives the same bits: %s", (_, program) => {
  for (const target of [wasmTarget, avx512Target] satisfies Target[]) {
    const fused = fuseNests(lowerProgram(program));
    const packed = packOperands(fused.nests, target, (nest) => scheduleNest(nest, target));
    const contents = contentOf(program);
    expect(packed.filter(({ nest }) => nest.name.startsWith("pack ")).length, target.printer).toBe(1);
    expect(runLowered({ ...fused, nests: packed }, contents)).toEqual(runLowered(fused, contents));
  }
});

test("an operand that is one panel already is left alone", () => {
  const narrow = input("narrow", { shape: [20, 8], dtype: "float32" });
  const program: Program = { inputs: { rows, narrow }, outputs: { y: matmul(rows, narrow) }, updates: [] };
  const { nests } = lowerProgram(program);
  expect(packOperands(nests, wasmTarget, (nest) => scheduleNest(nest, wasmTarget))).toEqual(nests);
});

test("no panel is packed for a handful of rows", () => {
  const few = input("few", { shape: [3, 20], dtype: "float32" });
  const program: Program = { inputs: { few, matrix }, outputs: { y: matmul(few, matrix) }, updates: [] };
  const { nests } = lowerProgram(program);
  expect(packOperands(nests, wasmTarget, (nest) => scheduleNest(nest, wasmTarget))).toEqual(nests);
});
