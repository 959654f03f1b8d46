import { expect, test } from "vitest";
import { input, type Program } from "../../graph/program.ts";
import { convolutionBackwardData } from "../../ops/convolution/convolution-backward-data.ts";
import { transpose } from "../../ops/shape/transpose.ts";
import { runLowered } from "../../testing/run-nests.ts";
import { lowerProgram } from "../lower.ts";
import { packOperands } from "../pack-operands.ts";
import { scheduleNest } from "../schedule-nest.ts";
import { avx2Target } from "../target.ts";
import { fuseNests } from "./fuse.ts";
import { joinCopies } from "./join-copies.ts";

const upstream = input("upstream", { shape: [2, 9, 8, 8], dtype: "float32" });
const kernel = input("kernel", { shape: [3, 3, 192, 8], dtype: "float32" });
const gradient = convolutionBackwardData(upstream, kernel, { inputSizes: [11, 10] });

const content = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => Math.sin(i));

test("a kernel is transposed and packed in one pass, with the same bits", () => {
  const program: Program = { inputs: { upstream, kernel }, outputs: { gradient }, updates: [] };
  const fused = fuseNests(lowerProgram(program));
  const nests = packOperands(fused.nests, avx2Target, (nest) => scheduleNest(nest, avx2Target));
  const packed = { ...fused, nests };
  const joined = joinCopies(packed);
  expect(nests.map(({ nest }) => nest.levels.length)).toEqual([0, 0, 1]);
  expect(joined.nests.map(({ nest }) => nest.levels.length)).toEqual([0, 1]);
  const contents = { upstream: content(2 * 9 * 8 * 8), kernel: content(9 * 192 * 8) };
  expect(runLowered(joined, contents)).toEqual(runLowered(packed, contents));
});

test("a copy that is a result of the program stays", () => {
  const turned = transpose(kernel, [3, 2, 1, 0]);
  const outputs = { turned, back: transpose(turned, [3, 2, 1, 0]) };
  const lowered = lowerProgram({ inputs: { kernel }, outputs, updates: [] });
  expect(joinCopies(lowered).nests).toHaveLength(lowered.nests.length);
});
