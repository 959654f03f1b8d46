import { expect, test } from "vitest";
import { input, nodesOf, read, readOp } from "../graph/program.ts";
import type { Value, Variable } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { subtract } from "../ops/binary/subtract.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { depthwiseConvolution } from "../ops/convolution/depthwise-convolution.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { reshape } from "../ops/shape/reshape.ts";
import { rsqrt } from "../ops/unary/powers.ts";
import { relu } from "../ops/unary/relu.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";
import { firstDifference, tolerances } from "../testing/tolerances.ts";
import { foldScales } from "./fold-scales.ts";

const variable = (name: string, shape: readonly number[]): Variable => ({ name, shape, dtype: "float32" });
const kernel = variable("kernel", [3, 3, 2, 5]);
const [bias, mean, variance, gamma, beta] = ["bias", "mean", "variance", "gamma", "beta"].map((name) =>
  variable(name, [1, 1, 1, 5]),
) as [Variable, Variable, Variable, Variable, Variable];
const x = input("x", { shape: [2, 6, 5, 2], dtype: "float32" });

/** BatchNormalization with its moving statistics, as the layer writes it. */
function normalize(value: Value): Value {
  return normalizeBy(value, [mean, variance, gamma, beta]);
}

type Statistics = readonly [mean: Variable, variance: Variable, gamma: Variable, beta: Variable];

function normalizeBy(value: Value, [mean, variance, gamma, beta]: Statistics): Value {
  const factor = multiply(rsqrt(add(read(variance), 1e-3)), read(gamma));
  return add(multiply(subtract(value, read(mean)), factor), read(beta));
}

function valuesOf(value: Value): Float64Array {
  const content = ({ shape }: Variable, seed: number): number[] =>
    Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      (_, i) => 1.5 + Math.sin(seed + 2.3 * i),
    );
  const variables = new Map(
    nodesOf([value])
      .filter(({ op }) => op === readOp)
      .map((node) => node.attributes as Variable)
      .map((each) => [
        each,
        content(
          each,
          [...each.name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0),
        ),
      ]),
  );
  const images = Array.from({ length: 2 * 6 * 5 * 2 }, (_, i) => Math.cos(1.7 * i));
  return evaluateReference([value], new Map([["x", images]]), variables)[0]!;
}

/** The operations over whole images, by op. */
function imageOps(value: Value): string[] {
  return nodesOf([value])
    .filter((node) => node.inputs.length > 0 && node.outputs[0]!.shape[0] === 2)
    .map((node) => node.op.name);
}

test("a normalization after a convolution with bias leaves a convolution and one addition", () => {
  const normal = normalize(add(convolution(x, read(kernel), {}), read(bias)));
  const [folded] = foldScales([normal]);
  expect(imageOps(normal)).toEqual(["convolution", "add", "subtract", "multiply", "add"]);
  expect(imageOps(folded!)).toEqual(["convolution", "add"]);
  expect(firstDifference(valuesOf(folded!), valuesOf(normal), tolerances.centralDifference)).toBeUndefined();
});

test("normalizations on both branches of a residual block fold, the sum stays", () => {
  const normal = relu(
    add(
      normalize(convolution(x, read(kernel), {})),
      normalize(
        convolution(x, read(kernel), {
          padding: [
            [0, 0],
            [0, 0],
          ],
        }),
      ),
    ),
  );
  const [folded] = foldScales([normal]);
  expect(imageOps(folded!)).toEqual(["convolution", "add", "convolution", "add", "add", "relu"]);
  expect(firstDifference(valuesOf(folded!), valuesOf(normal), tolerances.centralDifference)).toBeUndefined();
});

/** Statistics of results `[2, …, channels]` of that rank. */
function statistics(rank: number, channels: number): Statistics {
  const shape = [...new Array<number>(rank - 1).fill(1), channels];
  return ["mean", "variance", "gamma", "beta"].map((name) => variable(name, shape)) as unknown as Statistics;
}

test("a normalization folds into a depthwise kernel, whose last two axes are the results' channels", () => {
  const normal = normalizeBy(
    depthwiseConvolution(x, read(variable("kernel", [3, 3, 2, 3])), {}),
    statistics(4, 6),
  );
  const [folded] = foldScales([normal]);
  const ops = imageOps(folded!).filter((op) => op !== "reshape");
  expect(ops).toEqual(["depthwiseConvolution", "add"]);
  expect(firstDifference(valuesOf(folded!), valuesOf(normal), tolerances.centralDifference)).toBeUndefined();
});

test("a normalization folds into a dense layer's weights, unless they are stored transposed", () => {
  const rows = reshape(x, [2, 60]);
  const dense = matmul(rows, read(variable("kernel", [60, 7])));
  const normal = normalizeBy(dense, statistics(2, 7));
  const [folded] = foldScales([normal]);
  expect(imageOps(folded!)).toEqual(["reshape", "matmul", "add"]);
  expect(firstDifference(valuesOf(folded!), valuesOf(normal), tolerances.centralDifference)).toBeUndefined();
  const transposed = matmul(rows, read(variable("kernel", [60, 60])), { transposeB: true });
  const kept = [normalizeBy(transposed, statistics(2, 60))];
  expect(foldScales(kept)).toEqual(kept);
});

test("a convolution whose plain result is read elsewhere is not computed twice", () => {
  const plain = convolution(x, read(kernel), {});
  const roots = [normalize(plain), relu(plain)];
  expect(foldScales(roots)).toEqual(roots);
});

test("scales that depend on the images, or run along another axis, stay", () => {
  const plain = convolution(x, read(kernel), {
    padding: [
      [1, 1],
      [1, 1],
    ],
  });
  const rows = read(variable("rows", [1, 6, 1, 1]));
  const roots = [multiply(plain, rows)];
  expect(foldScales(roots)).toEqual(roots);
  const other = convolution(x, read(kernel), {
    padding: [
      [1, 1],
      [1, 1],
    ],
  });
  const dependent = [multiply(other, relu(other))];
  expect(foldScales(dependent)).toEqual(dependent);
});
