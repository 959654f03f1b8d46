import { expect, test } from "vitest";
import { input, read } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { maxPool } from "../ops/pooling/max-pool.ts";
import { reduceMean } from "../ops/reduce/reduce-mean.ts";
import { broadcastTo } from "../ops/shape/broadcast-to.ts";
import { concatenate } from "../ops/shape/concatenate.ts";
import { reshape } from "../ops/shape/reshape.ts";
import { transpose } from "../ops/shape/transpose.ts";
import { softmax } from "../ops/softmax/softmax.ts";
import { relu } from "../ops/unary/relu.ts";
import type { Shape } from "../tensor/shape.ts";
import { hasIndependentRows } from "./independent-rows.ts";

const variable = (shape: Shape): Value => read({ name: "v", shape, dtype: "float32" });
const images = (): Value => input("x", { shape: [6, 8, 8, 3], dtype: "float32" });

test.each<[string, boolean, (x: Value) => Value]>([
  ["elementwise", true, (x) => relu(add(x, variable([3])))],
  ["a convolution", true, (x) => convolution(x, variable([3, 3, 3, 4]), {})],
  ["pooling", true, (x) => maxPool(x, { window: [2, 2], strides: [2, 2] })],
  ["a dense layer with softmax", true, (x) => softmax(matmul(reshape(x, [6, 192]), variable([192, 6])))],
  ["a mean over each image", true, (x) => reduceMean(x, { axes: [1, 2] })],
  ["nothing at all", true, (x) => x],
  ["a mean over the batch", false, (x) => reduceMean(x, { axes: [0] })],
  [
    "a mean over the batch, given back to all",
    false,
    (x) => broadcastTo(reduceMean(x, { axes: [0] }), x.shape),
  ],
  ["rows as columns", false, (x) => transpose(reshape(x, [6, 192]))],
  ["square, transposed", false, (x) => transpose(softmax(matmul(reshape(x, [6, 192]), variable([192, 6]))))],
  ["rows joined", false, (x) => concatenate([x, x], 0)],
  ["rows split", false, (x) => reshape(x, [12, 4, 8, 3])],
  ["rows split and joined again", false, (x) => reshape(relu(reshape(x, [12, 96])), [6, 192])],
  ["a result without rows", false, () => relu(variable([6, 2]))],
])("%s: %s", (_, expected, write) => {
  const x = images();
  expect(hasIndependentRows({ inputs: { x }, outputs: { y: write(x) }, updates: [] }, 6)).toBe(expected);
});
