import { expect, test } from "vitest";
import { input, type Program } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { relu } from "../ops/unary/relu.ts";
import type { Shape } from "../tensor/shape.ts";
import { dataOf } from "../testing/op-cases/op-case.ts";
import { runLowered } from "../testing/run-nests.ts";
import { chooseAlgorithms } from "./choose-algorithms.ts";
import { fuseNests } from "./fusion/fuse.ts";
import { lowerProgram } from "./lower.ts";

function program(size: number, channels: number, filters: number, finish = (y: Value): Value => y): Program {
  const x = input("x", { shape: [2, size, size, channels], dtype: "float32" });
  const kernel = input("kernel", { shape: [3, 3, channels, filters], dtype: "float32" });
  return { inputs: { x, kernel }, outputs: { y: finish(convolution(x, kernel, {})) }, updates: [] };
}

function nestNames(given: Program): string[] {
  return fuseNests(lowerProgram(chooseAlgorithms(given))).nests.map(({ nest }) => nest.name);
}

test.each([
  { size: 20, channels: 32, filters: 64, winograd: true },
  { size: 20, channels: 3, filters: 64, winograd: false },
  { size: 4, channels: 256, filters: 256, winograd: false },
])(
  "a convolution of $size x $size with $channels channels and $filters filters by Winograd: $winograd",
  ({ size, channels, filters, winograd }) => {
    expect(nestNames(program(size, channels, filters)).some((name) => name.startsWith("winograd"))).toBe(
      winograd,
    );
  },
);

test("a program without a faster algorithm stays the same", () => {
  const given = program(6, 3, 4);
  expect(chooseAlgorithms(given).outputs.y).toBe(given.outputs.y);
});

test.each([{ size: 12 }, { size: 11 }])(
  "bias and relu are applied where Winograd's tiles are written, for $size x $size inputs, with the same bits",
  ({ size }) => {
    const bias = input("bias", { shape: [48], dtype: "float32" });
    const given = program(size, 32, 48, (y) => relu(add(y, bias)));
    const inputs = { ...given.inputs, bias };
    const chosen = chooseAlgorithms({ ...given, inputs });
    const lowered = lowerProgram(chosen);
    const fused = fuseNests(lowerProgram(chosen));
    const results = fused.nests.filter(({ nest }) => nest.name.startsWith("winogradResult"));
    expect(results.map(({ nest }) => nest.name)).toEqual(results.map(() => "winogradResult+add+relu"));
    const feeds = Object.fromEntries(
      Object.entries<{ readonly shape: Shape }>(inputs).map(([name, { shape }], at) => [
        name,
        dataOf({ shape, low: -1, high: 1 }, at),
      ]),
    );
    expect(runLowered(fused, feeds)).toEqual(runLowered(lowered, feeds));
  },
);
