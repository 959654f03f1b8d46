import { expect, test } from "vitest";
import { input } from "../../../graph/program.ts";
import type { Value } from "../../../graph/value.ts";
import { evaluateReference } from "../../../runtime/reference/evaluate.ts";
import type { Shape } from "../../../tensor/shape.ts";
import { dataOf } from "../../../testing/op-cases/op-case.ts";
import { runNests } from "../../../testing/run-nests.ts";
import { firstDifference } from "../../../testing/tolerances.ts";
import { convolution } from "../convolution.ts";
import { convolutionBackwardData } from "../convolution-backward-data.ts";
import { convolutionBackwardFilter } from "../convolution-backward-filter.ts";
import type { Padding } from "../window.ts";
import { winogradBackwardData, winogradBackwardFilter, winogradConvolution } from "./winograd.ts";

interface Case {
  readonly x: Shape;
  readonly filters: number;
  readonly padding: readonly Padding[];
}

const always = (): boolean => true;
const none: Padding = [0, 0];
const one: Padding = [1, 1];

const cases: readonly Case[] = [
  { x: [2, 8, 8, 16], filters: 8, padding: [none, none] },
  { x: [2, 8, 10, 8], filters: 16, padding: [one, one] },
  { x: [8, 4, 4, 16], filters: 16, padding: [one, one] },
  { x: [3, 9, 14, 5], filters: 7, padding: [one, [0, 2]] },
  {
    x: [2, 11, 11, 16],
    filters: 4,
    padding: [
      [1, -1],
      [-1, 1],
    ],
  },
];

function values({ x, filters, padding }: Case) {
  const kernelShape = [3, 3, x[3]!, filters];
  const image = input("x", { shape: x, dtype: "float32" });
  const kernel = input("kernel", { shape: kernelShape, dtype: "float32" });
  const y = convolution(image, kernel, { padding });
  const upstream = input("upstream", { shape: y.shape, dtype: "float32" });
  return { image, kernel, y, upstream, kernelShape, options: { padding } };
}

/** The same in exact arithmetic, and as near to it in float32 as the direct sum, or nearly. */
function expectSame(fast: Value | undefined, direct: Value, inputs: readonly Value[]): void {
  expect(fast).toBeDefined();
  const named = inputs.map((value, at) => [`x${at}`, value] as const);
  const feeds = Object.fromEntries(
    named.map(([name, { shape }], at) => [name, dataOf({ shape, low: -1, high: 1 }, at)]),
  );
  const byValue = Object.fromEntries(
    named.map(([name, { node }]) => [(node.attributes as { name: string }).name, feeds[name]!]),
  );
  const [expected, exact] = evaluateReference([direct, fast!], new Map(Object.entries(byValue)));
  expect(firstDifference(exact!, expected!, { relative: 1e-12, absolute: 1e-12 })).toBeUndefined();
  const got = runNests(
    { inputs: Object.fromEntries(named), outputs: { fast: fast!, direct }, updates: [] },
    feeds,
  );
  expect(rootMeanSquare(got.fast!, expected!)).toBeLessThan(3 * rootMeanSquare(got.direct!, expected!));
}

function rootMeanSquare(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) sum += (got[i]! - expected[i]!) ** 2;
  return Math.sqrt(sum / expected.length);
}

test.each(cases)("gives a convolution of $x with $filters filters, padding $padding", (shapes) => {
  const { image, kernel, y, options } = values(shapes);
  expectSame(winogradConvolution(image, kernel, options, always), y, [image, kernel]);
});

test.each(cases)(
  "gives its gradient by the input for $x with $filters filters, padding $padding",
  (shapes) => {
    const { image, kernel, upstream, options } = values(shapes);
    const direct = convolutionBackwardData(upstream, kernel, {
      ...options,
      inputSizes: image.shape.slice(1, 3),
    });
    expectSame(winogradBackwardData(upstream, kernel, image.shape, options, always), direct, [
      upstream,
      kernel,
    ]);
  },
);

test.each(cases)(
  "gives its gradient by the kernel for $x with $filters filters, padding $padding",
  (shapes) => {
    const { image, upstream, kernelShape, options } = values(shapes);
    const direct = convolutionBackwardFilter(image, upstream, { ...options, kernelSizes: [3, 3] });
    expectSame(winogradBackwardFilter(image, upstream, kernelShape, options, always), direct, [
      image,
      upstream,
    ]);
  },
);

test.each([
  [7, true],
  [8, false],
])("%i images of 512x512x64: whether transformed tiles are within the reach of offsets", (batch, isDone) => {
  const shapes: Case = { x: [batch, 512, 512, 64], filters: 64, padding: [one, one] };
  const { image, kernel, upstream, kernelShape, options } = values(shapes);
  expect(winogradConvolution(image, kernel, options) !== undefined).toBe(isDone);
  expect(winogradBackwardData(upstream, kernel, shapes.x, options) !== undefined).toBe(isDone);
  expect(winogradBackwardFilter(image, upstream, kernelShape, options) !== undefined).toBe(isDone);
});
