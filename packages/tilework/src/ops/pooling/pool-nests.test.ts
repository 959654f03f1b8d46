import { expect, test } from "vitest";
import type { OpDefinition, ReferenceArray } from "../../graph/define-op.ts";
import { formulaInputs, formulaLossWeights } from "../../testing/formula-data.ts";
import { type OpRun, runOp } from "../../testing/run-op.ts";
import { firstDifference, type ToleranceName, tolerances } from "../../testing/tolerances.ts";
import { resolvePadding } from "../convolution/resolve-padding.ts";
import { averagePoolDefinition } from "./average-pool.ts";
import { averagePoolBackward } from "./average-pool-backward.ts";
import { maxPoolDefinition } from "./max-pool.ts";
import { maxPoolBackward } from "./max-pool-backward.ts";
import { maxPoolSelect } from "./max-pool-select.ts";
import type { Pool } from "./pool-geometry.ts";

interface Case {
  readonly shape: readonly number[];
  readonly pool: Pool;
}

/** Windows of 1 to 4 pixels, strides 1 to 5 (also larger than the window), the second axis unlike the first. */
function* slidingWindows(): Generator<Case> {
  for (const sizes of [[7], [6, 5], [3, 4, 5]])
    for (const size of [1, 2, 3, 4])
      for (const stride of [1, 2, 3, 5])
        for (const mode of ["valid", "same"] as const) {
          const window = sizes.map((_, axis) => Math.max(1, size - (axis % 2)));
          const strides = sizes.map((_, axis) => stride + (axis % 2));
          const padding = resolvePadding(mode, { sizes, window, strides });
          const shape = [2, ...sizes, 3];
          if (mode === "same" || sizes.every((pixels, axis) => pixels >= window[axis]!))
            yield { shape, pool: { window, strides, padding } };
        }
}

function* adaptiveWindows(): Generator<Case> {
  for (const [pixels, outputs] of [
    [5, 3],
    [7, 4],
    [10, 3],
    [3, 7],
    [1, 3],
    [9, 8],
    [4, 4],
    [3, 2],
  ] as const) {
    yield { shape: [2, pixels, 2], pool: { outputSizes: [outputs] } };
    yield { shape: [1, pixels, 6, 2], pool: { outputSizes: [outputs, 4] } };
    yield { shape: [1, 2, pixels, 6, 1], pool: { outputSizes: [3, outputs, 5] } };
  }
}

const unusual: readonly Case[] = [
  { shape: [2, 6, 8, 3], pool: { window: [2, 2] } },
  { shape: [2, 7, 9, 3], pool: { window: [2, 2] } },
  {
    shape: [2, 5, 5, 1],
    pool: {
      window: [3, 3],
      strides: [3, 3],
      padding: [
        [2, 2],
        [1, 0],
      ],
    },
  },
  {
    shape: [1, 20, 17, 2],
    pool: {
      window: [16, 17],
      strides: [1, 2],
      padding: [
        [4, 4],
        [0, 5],
      ],
    },
  },
  { shape: [1, 8, 8, 2], pool: { window: [8, 8] } },
  { shape: [2, 12, 10, 3], pool: { window: [12, 10] } },
  { shape: [3, 300, 1], pool: { window: [300] } },
  { shape: [2, 4, 6, 7, 8], pool: { window: [4, 6, 7] } },
  {
    shape: [1, 12, 11, 2],
    pool: {
      window: [7, 7],
      strides: [1, 1],
      padding: [
        [3, 3],
        [3, 3],
      ],
    },
  },
  { shape: [1, 9, 8, 7, 2], pool: { window: [5, 1, 6], strides: [1, 2, 1] } },
  {
    shape: [1, 7, 8, 7, 1],
    pool: {
      window: [4, 4, 4],
      strides: [1, 1, 1],
      padding: [
        [2, 1],
        [0, 1],
        [1, 2],
      ],
    },
  },
];

const cases: readonly Case[] = [...slidingWindows(), ...adaptiveWindows(), ...unusual];

function expectAgreement<A>(
  op: OpDefinition<A>,
  inputs: readonly ReferenceArray[],
  attributes: A,
  tolerance: ToleranceName,
): OpRun {
  const run = runOp(op, inputs, attributes);
  run.outputs.forEach((output, slot) => {
    expect(firstDifference(output, run.reference[slot]!, tolerances[tolerance])).toBeUndefined();
  });
  return run;
}

function outputOf({ types, reference }: OpRun, slot: number): ReferenceArray {
  return { ...types[slot]!, data: reference[slot]! };
}

test.each(cases)(
  "the nests of max pooling and its backward agree with the reference: %j",
  ({ shape, pool }) => {
    for (const x of Object.values(formulaInputs).map((make) => make(shape))) {
      expectAgreement(maxPoolDefinition, [x], { pool, codes: false }, "exact");
      const codes = outputOf(expectAgreement(maxPoolDefinition, [x], { pool, codes: true }, "exact"), 1);
      const upstream = formulaLossWeights(codes.shape);
      const attributes = { pool, inputSizes: shape.slice(1, -1) };
      expectAgreement(maxPoolBackward.definition, [codes, upstream], attributes, "arithmetic");
      expectAgreement(maxPoolSelect.definition, [codes, x], attributes, "exact");
    }
  },
);

test.each(cases)(
  "the nests of average pooling and its backward agree with the reference: %j",
  ({ shape, pool }) => {
    const y = outputOf(
      expectAgreement(averagePoolDefinition, [formulaInputs.ordinary(shape)], { pool }, "elementary"),
      0,
    );
    const attributes = { pool, inputSizes: shape.slice(1, -1) };
    expectAgreement(averagePoolBackward.definition, [formulaLossWeights(y.shape)], attributes, "elementary");
  },
);

test.each([
  [15, 17, "uint8"],
  [16, 16, "int32"],
] as const)("winner codes of a %ix%i window are %s", (height, width, dtype) => {
  const x = formulaInputs.ordinary([1, 17, 17, 1]);
  const attributes = { pool: { window: [height, width] }, codes: true };
  expect(maxPoolDefinition.infer([x], attributes)[1]!.dtype).toBe(dtype);
});

test("max pooling whose windows tile the input is undone without a reduction", () => {
  const codes: ReferenceArray = { shape: [1, 3, 3, 1], dtype: "uint8", data: new Float64Array(9) };
  const attributes = { pool: { window: [2, 2] }, inputSizes: [6, 7] };
  const { nests } = runOp(maxPoolBackward.definition, [codes, formulaLossWeights([1, 3, 3, 1])], attributes);
  expect(nests.map(({ levels, guards }) => [levels, guards])).toEqual([[[], [expect.anything()]]]);
});

test.each([
  ["one nest for a small window", [3, 3], [1, 1], 1],
  ["one nest for a small window with a stride", [3, 3], [2, 2], 1],
  ["one nest for a window that overlaps little", [8, 8], [7, 7], 1],
  ["a nest an axis for a large window", [7, 7], [1, 1], 2],
  ["one nest for a long window of one row", [1, 9], [1, 1], 1],
] as const)("pooling takes %s", (_, window, strides, nests) => {
  const x = formulaInputs.ordinary([1, 16, 16, 16]);
  const pool = { window, strides };
  expect(runOp(averagePoolDefinition, [x], { pool }).nests).toHaveLength(nests);
  expect(runOp(maxPoolDefinition, [x], { pool, codes: true }).nests).toHaveLength(nests);
});

test.each([
  ["windows with a stride", [16, 16, 8], { window: [3, 3], strides: [2, 2] }, 2],
  ["adaptive windows", [16, 16, 3], { outputSizes: [5, 5] }, 2],
  ["windows over volumes", [6, 6, 6, 1], { window: [2, 2, 2], strides: [1, 1, 2] }, 2],
  ["not windows that follow each other closely", [16, 16, 8], { window: [3, 3], strides: [2, 1] }, 1],
  ["not windows of two rows", [16, 16, 8], { window: [2, 3], strides: [2, 2] }, 1],
  ["not windows over more channels", [16, 16, 9], { window: [3, 3], strides: [2, 2] }, 1],
] as const)("few channels are pooled rows first: %s", (_, shape, pool, passes) => {
  const x = formulaInputs.ordinary([2, ...shape]);
  expect(runOp(averagePoolDefinition, [x], { pool }).nests).toHaveLength(passes);
  expect(runOp(maxPoolDefinition, [x], { pool, codes: false }).nests).toHaveLength(passes);
});

test("rows first or not, the first of equal pixels in row-major order wins, and the first NaN", () => {
  const data = Float64Array.from([1, 2, 0, 2, 1, 2, 0, 2, 1].flatMap((value) => [value, value]));
  data[2 * 4 + 1] = data[2 * 6 + 1] = Number.NaN;
  const x: ReferenceArray = { shape: [1, 3, 3, 2], dtype: "float32", data };
  for (const pool of [{ window: [3, 3], strides: [3, 3] }, { outputSizes: [1, 1] }]) {
    const { outputs } = runOp(maxPoolDefinition, [x], { pool, codes: true });
    expect(outputs.map((output) => [...output])).toEqual([
      [2, Number.NaN],
      [1, 4],
    ]);
  }
});
