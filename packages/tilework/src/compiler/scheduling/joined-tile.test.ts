import { expect, test } from "vitest";
import { input } from "../../graph/program.ts";
import { depthwiseConvolution } from "../../ops/convolution/depthwise-convolution.ts";
import { compileProgram } from "../compile.ts";
import { avx512Target } from "../target.ts";

test.each([
  { channels: 12, target: avx512Target, tile: [8, 3, 9] },
  { channels: 8, target: avx512Target, tile: [8, 2, 9] },
])(
  "rows of pixels and their $channels channels across $target.lanes lanes serve all rows of taps",
  ({ channels, target, tile }) => {
    const images = input("images", { shape: [4, 56, 56, channels], dtype: "float32" });
    const weights = input("weights", { shape: [3, 3, channels, 1], dtype: "float32" });
    const padding = [
      [1, 1],
      [1, 1],
    ] as const;
    const result = depthwiseConvolution(images, weights, { padding });
    const program = { inputs: { images, weights }, outputs: { result }, updates: [] };
    const { schedule } = compileProgram(program, target).kernels[0]!;
    const { rows, vectors, unroll } = schedule;
    expect([...rows.map(({ count }) => count), vectors, unroll]).toEqual(tile);
  },
);
