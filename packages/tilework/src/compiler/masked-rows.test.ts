import { expect, test } from "vitest";
import { input, read } from "../graph/program.ts";
import type { Value, Variable } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { greater } from "../ops/binary/comparison.ts";
import { divide } from "../ops/binary/divide.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { subtract } from "../ops/binary/subtract.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { sparseCrossentropyWithLogits } from "../ops/loss/sparse-crossentropy-with-logits.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { averagePool } from "../ops/pooling/average-pool.ts";
import { maxPool } from "../ops/pooling/max-pool.ts";
import { argmax } from "../ops/reduce/argmax.ts";
import { reduceMax } from "../ops/reduce/reduce-extremum.ts";
import { reduceMean } from "../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../ops/reduce/reduce-sum.ts";
import { broadcastTo } from "../ops/shape/broadcast-to.ts";
import { concatenate } from "../ops/shape/concatenate.ts";
import { reshape } from "../ops/shape/reshape.ts";
import { slice } from "../ops/shape/slice.ts";
import { transpose } from "../ops/shape/transpose.ts";
import { softmax } from "../ops/softmax/softmax.ts";
import { cast } from "../ops/unary/cast.ts";
import { exp } from "../ops/unary/exponential.ts";
import { sqrt } from "../ops/unary/powers.ts";
import { relu } from "../ops/unary/relu.ts";
import { where } from "../ops/where.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import { atOnce } from "../util/in-pieces.ts";
import { differentiate } from "./differentiate.ts";
import { lowerProgram } from "./lower.ts";
import { ignoresMaskedRows } from "./masked-rows.ts";

const rows = 6;
const kept = 4;

interface Given {
  /** Images of 8x8x3. */
  readonly x: Value;
  readonly labels: Value;
  readonly mask: Value;
}

function variable(name: string, shape: Shape): Value {
  return read({ name, shape, dtype: "float32" });
}

const kernel = variable("kernel", [3, 3, 3, 4]);
const weights = variable("weights", [36, rows]);

const features = (x: Value): Value => maxPool(relu(convolution(x, kernel, {})), { window: [2, 2] });
const logits = (x: Value): Value => matmul(reshape(features(x), [rows, 36]), weights);
const flat = (x: Value): Value => reshape(x, [rows, 192]);
const tall = (mask: Value): Value => reshape(mask, [rows, 1]);

/** The sum of a value for each row, over the rows that count, and its derivatives by the variables. */
function learned(loss: Value, mask: Value): Value[] {
  const sum = reduceSum(multiply(loss, mask));
  const gradients = differentiate(sum, [kernel, weights]).filter((value) => value !== undefined);
  return [sum, ...gradients];
}

function wave(length: number, seed: number): number[] {
  return Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233));
}

/** Results where the rows that the mask leaves out are filled up with other numbers for each `filling`. */
function evaluated(values: readonly Value[], filling: number): number[][] {
  const row = 192;
  const images = [...wave(kept * row, 0), ...wave((rows - kept) * row, filling)];
  const feeds = new Map([
    ["x", images],
    ["labels", [0, 1, 2, 3, filling, filling + 1]],
    ["mask", [1, 1, 1, 1, 0, 0]],
  ]);
  const variables = new Map(
    [kernel, weights].map((value, at) => [
      value.node.attributes as Variable,
      wave(sizeOf(value.shape), at + 20),
    ]),
  );
  return evaluateReference(values, feeds, variables).map((data) => [...data]);
}

test.each<[string, boolean, (given: Given) => Value | readonly Value[]]>([
  ["nothing of the rows", true, () => relu(weights)],
  ["the mask itself", true, ({ mask }) => mask],
  ["rows, masked", true, ({ x, mask }) => multiply(flat(x), tall(mask))],
  ["a masked sum", true, ({ x, mask }) => reduceSum(multiply(flat(x), tall(mask)))],
  [
    "a masked sum over views of all elements",
    true,
    ({ x, mask }) => {
      const masked = multiply(flat(x), tall(mask));
      return reduceMean(reshape(masked, [rows * 192]));
    },
  ],
  [
    "a crossentropy's step",
    true,
    ({ x, labels, mask }) => learned(sparseCrossentropyWithLogits(logits(x), labels), mask),
  ],
  [
    "a squared error's step, over average pools",
    true,
    ({ x, mask }) => {
      const pooled = averagePool(convolution(x, kernel, {}), {
        window: [2, 2],
        padding: [
          [1, 1],
          [1, 1],
        ],
      });
      const error = reshape(pooled, [rows, sizeOf(pooled.shape) / rows]);
      return learned(reduceMean(multiply(error, error), { axes: [1] }), mask);
    },
  ],
  [
    "hits counted",
    true,
    ({ x, labels, mask }) => {
      const hits = cast(greater(argmax(logits(x)), labels), "float32");
      return [reduceSum(multiply(hits, mask)), reduceSum(mask)];
    },
  ],
  [
    "a mean of what counts",
    true,
    ({ x, mask }) => divide(reduceSum(multiply(flat(x), tall(mask))), reduceSum(mask)),
  ],
  [
    "rows as columns, multiplied by masked rows",
    true,
    ({ x, mask }) => matmul(transpose(flat(x)), multiply(softmax(logits(x)), tall(mask))),
  ],
  ["rows as they are", false, ({ x }) => x],
  ["a sum without the mask", false, ({ x }) => reduceSum(x)],
  [
    "a step without the mask",
    false,
    ({ x, labels }) =>
      differentiate(reduceMean(sparseCrossentropyWithLogits(logits(x), labels)), [kernel]) as Value[],
  ],
  [
    "the batch's mean taken off, then masked",
    false,
    ({ x, mask }) => {
      const centered = subtract(flat(x), reduceMean(flat(x), { axes: [0] }));
      return reduceSum(multiply(centered, tall(mask)));
    },
  ],
  [
    "the largest of masked rows",
    true,
    ({ x, mask }) => reduceMax(multiply(exp(flat(x)), tall(mask)), { axes: [0] }),
  ],
  ["a mask that zero does not absorb", false, ({ x, mask }) => reduceSum(add(flat(x), tall(mask)))],
  ["the mask divided by rows", true, ({ x, mask }) => reduceSum(divide(tall(mask), flat(x)))],
  [
    "masked in other rows",
    false,
    ({ x, mask }) => {
      const turned = concatenate([slice(mask, [1], [rows - 1]), slice(mask, [0], [1])], 0);
      return reduceSum(multiply(flat(x), tall(turned)));
    },
  ],
  [
    "each row times each other's mask",
    false,
    ({ x, mask }) => reduceSum(multiply(matmul(logits(x), transpose(logits(x))), tall(mask))),
  ],
  [
    "square, the mask along the columns",
    false,
    ({ x, mask }) => reduceSum(multiply(logits(x), reshape(mask, [1, rows]))),
  ],
  [
    "the norm of all rows, given to each",
    false,
    ({ x, mask }) => {
      const norm = sqrt(reduceSum(multiply(x, x)));
      return reduceSum(multiply(broadcastTo(reshape(norm, [1]), [rows]), mask));
    },
  ],
  [
    "a constant beside the mask",
    false,
    ({ x, mask }) => reduceSum(where(greater(flat(x), 0), broadcastTo(tall(mask), [rows, 192]), 1)),
  ],
])("%s: %s", (_, expected, write) => {
  const x = input("x", { shape: [rows, 8, 8, 3], dtype: "float32" });
  const labels = input("labels", { shape: [rows], dtype: "int32" });
  const mask = input("mask", { shape: [rows], dtype: "float32" });
  const written = [write({ x, labels, mask })].flat();
  const outputs = Object.fromEntries(written.map((value, at) => [`${at}`, value]));
  const program = { inputs: { x, labels, mask }, outputs, updates: [] };
  expect(atOnce(ignoresMaskedRows(lowerProgram(program), "mask", rows))).toBe(expected);
  const same = evaluated(written, 1)
    .flat()
    .every((value, at) => value === evaluated(written, 2).flat()[at]);
  expect(same).toBe(expected);
});
