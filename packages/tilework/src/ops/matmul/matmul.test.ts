import { expect, test } from "vitest";
import { input } from "../../graph/program.ts";
import { evaluate } from "../../testing/evaluate.ts";
import { runNests } from "../../testing/run-nests.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { ShapeError } from "../../util/errors.ts";
import { constant } from "../constant.ts";
import { fill } from "../fill.ts";
import { matmul } from "./matmul.ts";

const a = constant([1, 2, 3, 4, 5, 6], [2, 3]);
const b = constant([1, 0, 2, 1, 0, 3], [3, 2]);

test("a product by hand, with either operand stored transposed", () => {
  expect(evaluate(matmul(a, b))).toEqual([5, 11, 14, 23]);
  expect(evaluate(matmul(b, a, { transposeA: true, transposeB: true }))).toEqual([5, 14, 11, 23]);
});

test("axes before the matrices broadcast", () => {
  expect(matmul(fill(1, [4, 1, 2, 3]), fill(1, [5, 3, 7])).shape).toEqual([4, 5, 2, 7]);
});

test.each([
  [
    () => matmul(a, a),
    "matmul: (2, 3) and (2, 3) do not fit: the left one has 3 columns, so the right one needs 3 rows, not 2",
  ],
  [() => matmul(a, fill(1, [3])), "matmul: the right matrix has shape (3,), but needs at least 2 axes"],
  [() => matmul(fill(1, [2, 3], "int32"), b), "matmul: the left matrix is int32, but must be float32"],
  [() => matmul(fill(1, [2, 2, 3]), fill(1, [3, 3, 4])), "matmul: shapes (2,) and (3,) do not broadcast"],
])("what does not fit is refused (case %#)", (apply, message) => {
  expect(apply).toThrow(ShapeError);
  expect(apply).toThrow(message);
});

test.each([
  { rows: 1, depth: 997, columns: 3, because: "few sums of a row are taken in chunks, with a rest" },
  { rows: 1, depth: 512, columns: 33, because: "chunks leave no rest" },
  { rows: 5, depth: 203, columns: 10, because: "few columns are summed in lanes" },
  { rows: 33, depth: 130, columns: 2, because: "lanes end in a part of a vector" },
])(
  "$rows x $depth times $depth x $columns is what the definition says: $because",
  ({ rows, depth, columns }) => {
    const numbers = (count: number): Float32Array =>
      Float32Array.from({ length: count }, (_, at) => Math.sin(1.7 * at) / 2);
    const [left, right] = [numbers(rows * depth), numbers(depth * columns)];
    const [x, y] = [
      input("x", { shape: [rows, depth], dtype: "float32" }),
      input("y", { shape: [depth, columns], dtype: "float32" }),
    ];
    const program = { inputs: { x, y }, outputs: { z: matmul(x, y) }, updates: [] };
    const { z } = runNests(program, { x: left, y: right });
    const expected = evaluate(
      matmul(constant([...left], [rows, depth]), constant([...right], [depth, columns])),
    );
    expect(firstDifference(z!, expected, tolerances.sum)).toBeUndefined();
  },
);
