import { expect, test } from "vitest";
import type { OpDefinition, ReferenceArray } from "../../graph/define-op.ts";
import type { Nest } from "../../kernel/nest.ts";
import { verifyNest } from "../../kernel/verify.ts";
import { formulaInputs, formulaLossWeights, formulaWeight } from "../../testing/formula-data.ts";
import { runOp } from "../../testing/run-op.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { convolution } from "./convolution.ts";
import { convolutionBackwardData } from "./convolution-backward-data.ts";
import { convolutionBackwardFilter } from "./convolution-backward-filter.ts";
import type { ConvolutionOptions } from "./convolution-shapes.ts";
import { depthwiseConvolution } from "./depthwise-convolution.ts";
import { depthwiseConvolutionBackwardData } from "./depthwise-convolution-backward-data.ts";
import { depthwiseConvolutionBackwardFilter } from "./depthwise-convolution-backward-filter.ts";
import { type PaddingMode, resolvePadding } from "./resolve-padding.ts";
import { extentOf } from "./window.ts";

interface Case extends ConvolutionOptions {
  readonly batch: number;
  readonly sizes: readonly number[];
  readonly kernel: readonly number[];
  readonly channels: number;
  readonly filters: number;
}

/** Every combination that fits, with the second axis different from the first. */
function* combinations(): Generator<Case> {
  const modes: readonly PaddingMode[] = ["valid", "same", "causal"];
  for (const sizes of [[7], [6, 5], [3, 4, 5]])
    for (const size of [1, 2, 3, 4])
      for (const stride of [1, 2, 3])
        for (const step of [1, 2, 3])
          for (const mode of modes) {
            if (mode === "causal" && sizes.length > 1) continue;
            const kernel = sizes.map((_, axis) => Math.max(1, size - (axis % 2)));
            const strides = sizes.map((_, axis) => stride + (axis % 2));
            const dilation = sizes.map((_, axis) => Math.max(1, step - (axis % 2)));
            const padding = resolvePadding(mode, { sizes, window: kernel, strides, dilation });
            const fits = sizes.every((pixels, axis) => {
              const [before, after] = padding[axis]!;
              return before + pixels + after >= extentOf({ size: kernel[axis]!, dilation: dilation[axis]! });
            });
            const groups = 1 + (size % 2);
            if (fits)
              yield { batch: 2, sizes, kernel, channels: 4, filters: 6, strides, padding, dilation, groups };
          }
}

const single = { sizes: [4, 4], kernel: [3, 3], channels: 2, filters: 3 };
const unusual: readonly Case[] = [
  ...[1, 3, 8, 9, 17].map((batch) => ({ ...single, batch })),
  {
    ...single,
    batch: 1,
    kernel: [1, 1],
    padding: [
      [2, 1],
      [0, 3],
    ],
  },
  {
    ...single,
    batch: 1,
    sizes: [8, 9],
    kernel: [3, 2],
    padding: [
      [-1, -2],
      [0, -1],
    ],
    strides: [2, 1],
  },
  { ...single, batch: 2, sizes: [2, 9], kernel: [1, 2], strides: [5, 4] },
  { ...single, batch: 2, sizes: [5, 3], kernel: [5, 3], channels: 1, filters: 1 },
  {
    ...single,
    batch: 2,
    sizes: [8, 8],
    kernel: [2, 3],
    strides: [4, 6],
    dilation: [2, 3],
    padding: [
      [0, 0],
      [3, 2],
    ],
  },
];

function expectAgreement<A>(
  op: OpDefinition<A>,
  inputs: readonly ReferenceArray[],
  attributes: A,
): ReferenceArray {
  const { outputs, reference, types } = runOp(op, inputs, attributes);
  expect(firstDifference(outputs[0]!, reference[0]!, tolerances.sum)).toBeUndefined();
  return { ...types[0]!, data: reference[0]! };
}

test.each([...combinations(), ...unusual])(
  "the nests of a convolution and its backwards agree with the reference: %j",
  ({ batch, sizes, kernel, channels, filters, ...options }) => {
    const x = formulaInputs.ordinary([batch, ...sizes, channels]);
    const weights = formulaWeight([...kernel, channels / (options.groups ?? 1), filters], 0);
    const y = expectAgreement(convolution.definition, [x, weights], options);
    const upstream = formulaLossWeights(y.shape);
    expectAgreement(convolutionBackwardData.definition, [upstream, weights], {
      ...options,
      inputSizes: sizes,
    });
    expectAgreement(convolutionBackwardFilter.definition, [x, upstream], { ...options, kernelSizes: kernel });
  },
);

test.each([...combinations(), ...unusual])(
  "the nests of a depthwise convolution and its backwards agree with the reference: %j",
  ({ batch, sizes, kernel, channels, filters, groups, ...options }) => {
    const x = formulaInputs.ordinary([batch, ...sizes, channels]);
    const multiplier = groups === 2 ? 1 : filters;
    const weights = formulaWeight([...kernel, channels, multiplier], 0);
    const y = expectAgreement(depthwiseConvolution.definition, [x, weights], options);
    const upstream = formulaLossWeights(y.shape);
    const [inputSizes, kernelSizes] = [sizes, kernel];
    expectAgreement(depthwiseConvolutionBackwardData.definition, [upstream, weights], {
      ...options,
      inputSizes,
    });
    expectAgreement(depthwiseConvolutionBackwardFilter.definition, [x, upstream], {
      ...options,
      kernelSizes,
    });
  },
);

test("a convolution without padding needs no guard", () => {
  const x = formulaInputs.ordinary([2, 6, 6, 3]);
  const { nests } = runOp(convolution.definition, [x, formulaWeight([3, 3, 3, 4], 0)], {
    strides: [2, 1],
  });
  expect(nests.map(({ guards }) => guards)).toEqual([[]]);
});

test("a strided backward over odd sizes is proved without visiting its points", () => {
  const inputs = [formulaLossWeights([32, 29, 27, 16]), formulaWeight([3, 3, 32, 16], 0)] as const;
  const options = {
    strides: [2, 2],
    padding: [
      [1, 1],
      [0, 1],
    ],
    inputSizes: [57, 55],
  } as const;
  const output = { name: "dx", ...convolutionBackwardData.definition.infer(inputs, options)[0]! };
  const nests: Nest[] = [];
  convolutionBackwardData.definition.lower!({
    inputs: inputs.map(({ shape, dtype }, slot) => ({ name: `input${slot}`, shape, dtype })),
    outputs: [output],
    attributes: options,
    temporary: (name, shape, dtype = "float32") => ({ name, shape, dtype }),
    emit: (nest) => nests.push(nest),
  });
  expect(nests).toHaveLength(2);
  expect(() => nests.forEach(verifyNest)).not.toThrow();
});
