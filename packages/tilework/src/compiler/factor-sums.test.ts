import { expect, test } from "vitest";
import { input, nodesOf } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { averagePoolBackward } from "../ops/pooling/average-pool-backward.ts";
import { maxPoolBackward } from "../ops/pooling/max-pool-backward.ts";
import { reduceMean } from "../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../ops/reduce/reduce-sum.ts";
import { negate } from "../ops/unary/negate.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";
import { sizeOf } from "../tensor/shape.ts";
import { firstDifference, tolerances } from "../testing/tolerances.ts";
import { factorSums } from "./factor-sums.ts";

const tensor = (name: string, shape: readonly number[]): Value => input(name, { shape, dtype: "float32" });
const x = tensor("x", [4, 3, 5]);
const y = tensor("y", [4, 3, 5]);
const perRow = tensor("perRow", [3, 1]);
const perColumn = tensor("perColumn", [1, 1, 5]);
const one = tensor("one", []);

function resultOf(value: Value): Float64Array {
  const feeds = [x, y, perRow, perColumn, one].map((given, seed): [string, number[]] => [
    (given.node.attributes as { name: string }).name,
    Array.from({ length: sizeOf(given.shape) }, (_, i) => Math.sin(seed + 1.3 * i)),
  ]);
  return evaluateReference([value], new Map(feeds))[0]!;
}

/** The ops over all elements, before the sum. */
function wholeOps(value: Value): string[] {
  return nodesOf([value])
    .filter((node) => node.inputs.length > 0 && node.outputs[0]!.shape.join() === "4,3,5")
    .map((node) => node.op.name);
}

test.each<[title: string, sum: Value, left: string[]]>([
  ["a scalar", reduceSum(multiply(x, one)), []],
  ["a negative", reduceMean(negate(x), { axes: 1 }), []],
  ["a vector, axes kept", reduceSum(multiply(x, perColumn), { axes: [0, 1], keepDims: true }), []],
  ["a vector, axes dropped", reduceSum(multiply(perColumn, x), { axes: [0, 1] }), []],
  ["a vector of lower rank", reduceMean(multiply(x, perRow), { axes: [0, 2] }), []],
  ["several", reduceSum(negate(multiply(multiply(x, y), perColumn)), { axes: 0 }), ["multiply"]],
])("what is constant along a sum goes before it: %s", (_, sum, left) => {
  const [factored] = factorSums([sum]);
  expect(wholeOps(factored!)).toEqual(left);
  expect(factored!.shape).toEqual(sum.shape);
  expect(firstDifference(resultOf(factored!), resultOf(sum), tolerances.centralDifference)).toBeUndefined();
});

const images = tensor("images", [2, 5, 6, 3]);
const pool = { window: [2, 3], strides: [2, 2] };
const upstream = tensor("upstream", [2, 2, 2, 3]);
const codes = input("codes", { shape: upstream.shape, dtype: "uint8" });
const options = { pool, inputSizes: images.shape.slice(1, 3) };
const scattered = {
  max: maxPoolBackward(codes, upstream, options),
  average: averagePoolBackward(upstream, options),
};

function sumOf(value: Value): Float64Array {
  const numbers = Array.from({ length: sizeOf(upstream.shape) }, (_, i) => Math.sin(1.3 * i));
  const feeds = new Map([
    ["upstream", numbers],
    ["codes", numbers.map((_, i) => (i * 5) % 6)],
  ]);
  return evaluateReference([value], feeds)[0]!;
}

test.each([
  ["max", { axes: [0, 1, 2] }],
  ["max", { axes: [1, 2], keepDims: true }],
  ["average", { axes: [0, 1, 2, 3] }],
  ["average", { axes: [1, 2, 3] }],
] as const)("what %s pooling's gradient scatters is summed before: %j", (name, reduction) => {
  const sum = reduceSum(scattered[name], reduction);
  const [before] = factorSums([sum]);
  expect(before!.node.inputs).toEqual([upstream]);
  expect(before!.shape).toEqual(sum.shape);
  expect(firstDifference(sumOf(before!), sumOf(sum), tolerances.centralDifference)).toBeUndefined();
});

test.each([
  ["a mean, which counts zeros", reduceMean(scattered.max, { axes: [0, 1, 2] })],
  ["a sum over rows alone", reduceSum(scattered.average, { axes: [0, 1] })],
])("%s stays after the scattering", (_, sum) => {
  expect(factorSums([sum])).toEqual([sum]);
});

test.each<[title: string, sum: Value]>([
  ["varies along a summed axis", reduceSum(multiply(x, perColumn), { axes: 2 })],
  ["is as large as the tensor", reduceSum(multiply(x, y), { axes: 0 })],
])("a factor stays where it %s", (_, sum) => {
  expect(factorSums([sum])).toEqual([sum]);
});
