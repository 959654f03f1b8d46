import { expect, test } from "vitest";
import { input, nodesOf } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { averagePool } from "../ops/pooling/average-pool.ts";
import { maxPool } from "../ops/pooling/max-pool.ts";
import { relu } from "../ops/unary/relu.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";
import { dataOf } from "../testing/op-cases/op-case.ts";
import { cropUnread } from "./crop-unread.ts";

const x = input("x", { shape: [2, 13, 12, 3], dtype: "float32" });
const kernel = input("kernel", { shape: [3, 3, 3, 4], dtype: "float32" });
const bias = input("bias", { shape: [4], dtype: "float32" });

function convolutionShapes(roots: readonly Value[]): (readonly number[])[] {
  return nodesOf(roots).flatMap(({ op, outputs }) =>
    op === convolution.definition ? [outputs[0]!.shape] : [],
  );
}

function resultOf(value: Value): Float64Array {
  const feeds = new Map(
    [x, kernel, bias].map(({ shape }, at) => [["x", "kernel", "bias"][at]!, dataOf({ shape }, at)]),
  );
  return evaluateReference([value], feeds)[0]!;
}

test.each([
  { pool: "maxPool", apply: (y: Value) => maxPool(y, { window: [2, 2], codes: false }) },
  { pool: "averagePool", apply: (y: Value) => averagePool(y, { window: [3, 3], strides: [2, 3] }) },
])("a convolution does not compute the rows and columns that $pool leaves over", ({ apply }) => {
  const y = relu(
    add(
      convolution(x, kernel, {
        strides: [1, 1],
        padding: [
          [0, 0],
          [1, 0],
        ],
      }),
      bias,
    ),
  );
  const pooled = apply(y);
  const cropped = cropUnread([pooled]);
  expect(convolutionShapes([pooled])).toEqual([[2, 11, 11, 4]]);
  expect(convolutionShapes(cropped)).not.toEqual([[2, 11, 11, 4]]);
  expect(resultOf(cropped[0]!)).toEqual(resultOf(pooled));
});

test("the exact part is left that windows of 2 read of 11 rows and columns", () => {
  const pooled = maxPool(
    convolution(x, kernel, {
      padding: [
        [0, 0],
        [1, 0],
      ],
    }),
    { window: [2, 2], codes: false },
  );
  expect(convolutionShapes(cropUnread([pooled]))).toEqual([[2, 10, 10, 4]]);
});

test("what someone else reads too is left whole", () => {
  const y = convolution(x, kernel, {});
  const pooled = maxPool(y, { window: [2, 2], codes: false });
  expect(cropUnread([pooled, y])).toEqual([pooled, y]);
});

test("nothing changes where windows read everything", () => {
  const pooled = maxPool(convolution(x, kernel, {}), {
    window: [2, 2],
    padding: [
      [0, 1],
      [0, 0],
    ],
    codes: false,
  });
  expect(cropUnread([pooled])).toEqual([pooled]);
});
