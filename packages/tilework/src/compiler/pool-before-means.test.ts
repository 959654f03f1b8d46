import { expect, test } from "vitest";
import { input, nodesOf } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { writesOf } from "../kernel/access.ts";
import { add } from "../ops/binary/add.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { winogradConvolution } from "../ops/convolution/winograd/winograd.ts";
import { averagePoolDefinition } from "../ops/pooling/average-pool.ts";
import { reduceMax } from "../ops/reduce/reduce-extremum.ts";
import { reduceMean } from "../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../ops/reduce/reduce-sum.ts";
import { relu } from "../ops/unary/relu.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";
import { sizeOf } from "../tensor/shape.ts";
import { firstDifference, tolerances } from "../testing/tolerances.ts";
import { fuseNests } from "./fusion/fuse.ts";
import { lowerProgram } from "./lower.ts";
import { poolBeforeMeans } from "./pool-before-means.ts";

const tensor = (name: string, shape: readonly number[]): Value => input(name, { shape, dtype: "float32" });
const inputs = {
  x: tensor("x", [2, 10, 12, 3]),
  odd: tensor("odd", [2, 9, 12, 3]),
  kernel: tensor("kernel", [3, 3, 3, 4]),
  bias: tensor("bias", [4]),
  shortcut: tensor("shortcut", [2, 8, 10, 4]),
};
const convolve = (images: Value): Value =>
  winogradConvolution(
    images,
    inputs.kernel,
    {
      padding: [
        [0, 0],
        [0, 0],
      ],
    },
    () => true,
  )!;
const result = convolve(inputs.x);
const activated = relu(add(result, inputs.bias));
const perImage = reduceMax(result, { axes: [1, 2], keepDims: true });

function resultOf(value: Value): Float64Array {
  const feeds = Object.entries(inputs).map(([name, { shape }], seed): [string, number[]] => [
    name,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(seed + 1.3 * i)),
  ]);
  return evaluateReference([value], new Map(feeds))[0]!;
}

function pools(value: Value): number {
  return nodesOf([value]).filter((node) => node.op === averagePoolDefinition).length;
}

test.each<[title: string, mean: Value]>([
  ["as they are", reduceMean(result, { axes: [1, 2] })],
  ["with bias and activation", reduceMean(activated, { axes: [1, 2] })],
  ["with a scale, axes kept", reduceMean(multiply(inputs.bias, result), { axes: [1, 2], keepDims: true })],
  ["over the batch", reduceMean(activated, { axes: [0, 1, 2] })],
])("a mean of a convolution's results is one of their tiles' means: %s", (_, mean) => {
  const [pooled] = poolBeforeMeans([mean]);
  expect(pools(pooled!)).toBe(1);
  expect(pooled!.shape).toEqual(mean.shape);
  expect(firstDifference(resultOf(pooled!), resultOf(mean), tolerances.centralDifference)).toBeUndefined();
  const { nests } = fuseNests(lowerProgram({ inputs, outputs: { mean: pooled! }, updates: [] }));
  const shapes = nests.flatMap(({ nest }) => [...writesOf(nest)].map(({ shape }) => shape.join()));
  expect(shapes).toContain("2,4,5,4");
  expect(shapes).not.toContain(result.shape.join());
});

test.each<[title: string, value: Value]>([
  ["a sum", reduceSum(activated, { axes: [1, 2] })],
  ["a mean over rows alone", reduceMean(activated, { axes: [1] })],
  ["a mean of odd sizes", reduceMean(convolve(inputs.odd), { axes: [1, 2] })],
  ["a mean with a shortcut", reduceMean(relu(add(result, inputs.shortcut)), { axes: [1, 2] })],
  ["a mean of other images", reduceMean(relu(inputs.shortcut), { axes: [1, 2] })],
  ["what needs all results first", reduceMean(multiply(result, perImage), { axes: [1, 2] })],
])("%s stays", (_, value) => {
  expect(poolBeforeMeans([value])).toEqual([value]);
});
