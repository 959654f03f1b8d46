import { expect, test } from "vitest";
import { input, type Program } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { convolution } from "../../ops/convolution/convolution.ts";
import { matmul } from "../../ops/matmul/matmul.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { relu } from "../../ops/unary/relu.ts";
import type { Shape } from "../../tensor/shape.ts";
import { lowerProgram } from "../lower.ts";
import { countBytes } from "./count-bytes.ts";
import { countOperations } from "./count-operations.ts";

const tensor = (name: string, shape: Shape): Value => input(name, { shape, dtype: "float32" });

interface Case {
  readonly name: string;
  readonly write: () => Value;
  readonly operations: number;
  /** Elements. */
  readonly read: number;
  readonly written: number;
}

const x = tensor("x", [2, 9, 9, 4]);
const same = {
  padding: [
    [1, 1],
    [1, 1],
  ],
} as const;

const cases: Case[] = [
  {
    name: "a matrix product multiplies and adds once for each row, column and summed element",
    write: () => matmul(tensor("a", [5, 7]), tensor("b", [7, 3])),
    operations: 2 * 5 * 7 * 3,
    read: 5 * 7 + 7 * 3,
    written: 5 * 3,
  },
  {
    name: "a convolution without padding",
    write: () => convolution(x, tensor("k", [3, 3, 4, 6]), {}),
    operations: 2 * 2 * 7 * 7 * 9 * 4 * 6,
    read: 2 * 9 * 9 * 4 + 9 * 4 * 6,
    written: 2 * 7 * 7 * 6,
  },
  {
    name: "a padded convolution does nothing in the padding: 3·9 - 2 taps a dimension lie on the image",
    write: () => convolution(x, tensor("k", [3, 3, 4, 6]), same),
    operations: 2 * 2 * 25 * 25 * 4 * 6,
    read: 2 * 9 * 9 * 4 + 9 * 4 * 6,
    written: 2 * 9 * 9 * 6,
  },
  {
    name: "windows that skip elements do not touch them",
    write: () => convolution(x, tensor("k", [1, 1, 4, 6]), { strides: [2, 2] }),
    operations: 2 * 2 * 5 * 5 * 4 * 6,
    read: 2 * 5 * 5 * 4 + 4 * 6,
    written: 2 * 5 * 5 * 6,
  },
  {
    name: "a sum adds every element once",
    write: () => reduceSum(x, { axes: [1, 2] }),
    operations: 2 * 9 * 9 * 4,
    read: 2 * 9 * 9 * 4,
    written: 2 * 4,
  },
  {
    name: "relu compares every element",
    write: () => relu(x),
    operations: 2 * 9 * 9 * 4,
    read: 2 * 9 * 9 * 4,
    written: 2 * 9 * 9 * 4,
  },
];

test.each(cases)("$name", ({ write, operations, read, written }) => {
  const program: Program = { inputs: {}, outputs: { result: write() }, updates: [] };
  const { nests } = lowerProgram(program);
  expect(nests).toHaveLength(1);
  const [{ nest }] = nests as [(typeof nests)[0]];
  expect(countOperations(nest)).toBe(operations);
  expect(countBytes(nest)).toEqual({ read: 4 * read, written: 4 * written });
});
