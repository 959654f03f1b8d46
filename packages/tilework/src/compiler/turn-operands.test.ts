import { expect, test } from "vitest";
import { input, type Program } from "../graph/program.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { convolutionBackwardData } from "../ops/convolution/convolution-backward-data.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { runLowered } from "../testing/run-nests.ts";
import { fuseNests } from "./fusion/fuse.ts";
import { lowerProgram } from "./lower.ts";
import { avx512Target } from "./target.ts";
import { turnOperands } from "./turn-operands.ts";

const few = input("few", { shape: [2, 9, 32, 8], dtype: "float32" });
const kernelOfFew = input("kernelOfFew", { shape: [3, 3, 8, 1], dtype: "float32" });
const images = input("images", { shape: [2, 9, 32, 32], dtype: "float32" });
const upstream = input("upstream", { shape: [2, 9, 32, 32], dtype: "float32" });
const kernel = (filters: number) => input("kernel", { shape: [3, 3, 32, filters], dtype: "float32" });
const flipped = input("flipped", { shape: [3, 3, 3, 32], dtype: "float32" });
const same = {
  padding: [
    [1, 1],
    [1, 1],
  ] as const,
};

const programs: readonly (readonly [title: string, program: Program])[] = [
  [
    "the images of a padded convolution of few channels to one",
    {
      inputs: { few, kernelOfFew },
      outputs: { y: convolution(few, kernelOfFew, same) },
      updates: [],
    },
  ],
  [
    "the weights of a padded convolution to three channels, which sums in lanes",
    {
      inputs: { images, kernel: kernel(3) },
      outputs: { y: convolution(images, kernel(3), same) },
      updates: [],
    },
  ],
  [
    "the upstream gradient of a convolution of three channels",
    {
      inputs: { upstream, flipped },
      outputs: { y: convolutionBackwardData(upstream, flipped, { ...same, inputSizes: [9, 32] }) },
      updates: [],
    },
  ],
];

function contentOf(program: Program): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape }], stream) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, Float32Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + stream))];
    }),
  );
}

test.each(programs)("turning an operand gives the same bits: %s", (_, program) => {
  const fused = fuseNests(lowerProgram(program));
  const nests = turnOperands(fused.nests, avx512Target);
  expect(nests.length).toBe(fused.nests.length + 1);
  const feeds = contentOf(program);
  expect(runLowered({ ...fused, nests }, feeds)).toEqual(runLowered(fused, feeds));
});

test("many results, and operands that all rows share, stay as they are", () => {
  const rows = input("rows", { shape: [40, 20], dtype: "float32" });
  const matrix = input("matrix", { shape: [20, 3], dtype: "float32" });
  const wide: Program = {
    inputs: { images, kernel: kernel(16) },
    outputs: { y: convolution(images, kernel(16), same) },
    updates: [],
  };
  const product: Program = { inputs: { rows, matrix }, outputs: { y: matmul(rows, matrix) }, updates: [] };
  for (const program of [wide, product]) {
    const { nests } = fuseNests(lowerProgram(program));
    expect(turnOperands(nests, avx512Target)).toEqual(nests);
  }
});
