import { expect, test } from "vitest";
import { input, type Program } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { relu } from "../ops/unary/relu.ts";
import { runLowered } from "../testing/run-nests.ts";
import { fuseNests } from "./fusion/fuse.ts";
import { lowerProgram } from "./lower.ts";
import { avx2Target, avx512Target, type Target } from "./target.ts";
import { turnResults } from "./turn-results.ts";

function given(name: string, ...shape: number[]): Value {
  return input(name, { shape, dtype: "float32" });
}

function programOf(inputs: readonly Value[], y: (...inputs: Value[]) => Value): Program {
  const named = Object.fromEntries(inputs.map((value, at) => [`given${at}`, value]));
  return { inputs: named, outputs: { y: y(...inputs) }, updates: [] };
}

/** The gradient by the weights of a layer with ten units. */
const fewColumns = programOf([given("given0", 32, 800), given("given1", 32, 10)], (x, upstream) =>
  matmul(x!, upstream!, { transposeA: true }),
);
const threeColumns = programOf([given("given0", 16, 2304), given("given1", 16, 3)], (x, upstream) =>
  matmul(x!, upstream!, { transposeA: true }),
);
/** The gradient by the inputs of a wide layer. */
const storedTransposed = programOf([given("given0", 32, 96), given("given1", 320, 96)], (upstream, weights) =>
  matmul(upstream!, weights!, { transposeB: true }),
);
const followed = programOf(
  [given("given0", 32, 96), given("given1", 320, 96), given("given2", 32, 320)],
  (upstream, weights, other) => relu(add(matmul(upstream!, weights!, { transposeB: true }), other!)),
);

/** One multiply-add a cycle, as on Zen 4. */
const slowTarget: Target = { ...avx512Target, multiplyAdds: 1 };

function contentOf(program: Program): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape }], stream) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return [name, Float32Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + stream))];
    }),
  );
}

test.each([
  ["few columns", fewColumns, slowTarget],
  ["columns so few that they are stored with the rows as one axis", threeColumns, slowTarget],
  ["a large operand that is stored transposed", storedTransposed, avx512Target],
  ["a sum that something follows", followed, avx512Target],
])("results that are computed transposed have the same bits: %s", (_, program, target) => {
  const fused = fuseNests(lowerProgram(program));
  const nests = turnResults(fused.nests, target);
  expect(nests.length).toBe(fused.nests.length + 1);
  expect(nests.at(-1)!.nest.levels).toEqual([]);
  const feeds = contentOf(program);
  expect(runLowered({ ...fused, nests }, feeds)).toEqual(runLowered(fused, feeds));
});

test.each([
  [
    "as many columns as rows",
    programOf([given("given0", 64, 96), given("given1", 96, 64)], (x, weights) => matmul(x!, weights!)),
    avx512Target,
  ],
  [
    "few columns of a long sum, whose other operand would have to be turned",
    programOf([given("given0", 32, 1600), given("given1", 1600, 10)], (x, weights) => matmul(x!, weights!)),
    avx512Target,
  ],
  [
    "so few results that another nest takes longer",
    programOf([given("given0", 32, 40), given("given1", 32, 10)], (x, upstream) =>
      matmul(x!, upstream!, { transposeA: true }),
    ),
    avx512Target,
  ],
  ["few columns where multiply-adds are cheaper than copies", fewColumns, avx512Target],
  [
    "rows a page apart that are too few columns' to be packed",
    programOf([given("given0", 32, 1024), given("given1", 1024, 20)], (x, weights) => matmul(x!, weights!)),
    slowTarget,
  ],
  ["vectors in which transposing takes long", storedTransposed, avx2Target],
])("other products stay as they are: %s", (_, program, target) => {
  const { nests } = fuseNests(lowerProgram(program));
  expect(turnResults(nests, target)).toEqual(nests);
});
