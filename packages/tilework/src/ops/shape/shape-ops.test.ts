import { expect, test } from "vitest";
import { evaluate } from "../../testing/evaluate.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { constant } from "../constant.ts";
import { fill } from "../fill.ts";
import { broadcastTo } from "./broadcast-to.ts";
import { concatenate } from "./concatenate.ts";
import { gather, sumRows } from "./gather.ts";
import { oneHot } from "./one-hot.ts";
import { reshape } from "./reshape.ts";
import { slice } from "./slice.ts";
import { pad, spread } from "./spread.ts";
import { transpose } from "./transpose.ts";

const table = constant([1, 2, 3, 4, 5, 6], [2, 3]);
const indices = constant([1, -4, 0, 9], [4], "int32");

test("values come out in row-major order", () => {
  expect(evaluate(transpose(table))).toEqual([1, 4, 2, 5, 3, 6]);
  expect(evaluate(slice(table, [0, 0], [2, 2], [1, 2]))).toEqual([1, 3, 4, 6]);
  expect(evaluate(pad(table, [1, 0], [0, 1], 9))).toEqual([9, 9, 9, 9, 1, 2, 3, 9, 4, 5, 6, 9]);
  expect(evaluate(concatenate([table, table], 1))).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  expect(evaluate(gather(table, indices))).toEqual([4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6]);
  expect(evaluate(sumRows(fill(1, [4, 1]), indices, 2))).toEqual([2, 2]);
  expect(evaluate(oneHot(indices, 2))).toEqual([0, 1, 0, 0, 1, 0, 0, 0]);
});

test("ops that would change nothing give the value itself", () => {
  expect(reshape(table, [2, -1])).toBe(table);
  expect(transpose(table, [0, 1])).toBe(table);
  expect(broadcastTo(table, [2, 3])).toBe(table);
  expect(pad(table, [0, 0], [0, 0])).toBe(table);
});

test.each([
  [() => reshape(table, [4, 2]), "reshape: (2, 3) has 6 elements, which do not fit (4, 2) (8 elements)"],
  [
    () => reshape(table, [4, -1]),
    "reshape: (2, 3) has 6 elements, which do not fit (4, -1) (a multiple of 4)",
  ],
  [() => reshape(table, [-1, -1]), "reshape: (-1, -1) is no shape"],
  [() => broadcastTo(table, [4, 3]), "broadcastTo: shapes (2, 3) and (4, 3) do not broadcast"],
  [() => broadcastTo(table, [3]), "broadcastTo: (2, 3) does not stretch to (3,)"],
  [() => transpose(table, [0, 0]), "transpose: the permutation (0, 0) must name each axis"],
  [() => slice(table, [0, 2], [2, 2]), "slice: 2 positions from 2 on with stride 1 do not lie within axis 1"],
  [() => slice(table, [0], [2]), "slice: begin, size and strides need one entry for each axis of (2, 3)"],
  [
    () => spread(table, { shape: [2, 4], begin: [0, 0], strides: [1, 2] }),
    "spread: 3 elements from 0 on with stride 2",
  ],
  [() => pad(table, [0, -1], [0, 0]), "pad: paddings must be whole numbers from 0 on"],
  [
    () => concatenate([table, fill(1, [3, 3])], 1),
    "concatenate: (2, 3) and (3, 3) must be equal along every axis but 1",
  ],
  [() => concatenate([table, fill(1, [2, 3], "int32")]), "concatenate: the inputs are float32 and int32"],
  [() => gather(table, table), "gather: the index is float32, but must be int32 or uint8"],
  [() => sumRows(table, indices, 2), "sumRows: the rows have shape (2, 3), which must begin with"],
  [() => oneHot(indices, 0), "oneHot: the number of classes must be a whole number from 1 on, not 0"],
  [() => constant([1, 2], [3]), "constant: 2 elements do not fit (3,) (3 elements)"],
])("what does not fit is refused (case %#)", (apply, message) => {
  expect(apply).toThrow(ShapeError);
  expect(apply).toThrow(message);
});

test("concatenate wants at least one value", () => {
  expect(() => concatenate([])).toThrow(ArgumentError);
});
