/** Comparisons give bool. With a NaN all are false, but notEqual is true. */
import { compare } from "../../kernel/build-expression.ts";
import type { CompareOp } from "../../kernel/expression.ts";
import { type BinaryOp, defineBinary } from "./define-binary.ts";

function comparison(name: string, op: CompareOp, reference: (x: number, y: number) => boolean): BinaryOp {
  return defineBinary({
    name,
    dtypes: ["float32", "int32", "uint8"],
    result: "bool",
    expression: (x, y) => compare(op, x, y),
    reference: (x, y) => Number(reference(x, y)),
  });
}

/** x = y. */
export const equal: BinaryOp = comparison("equal", "eq", (x, y) => x === y);
/** x ≠ y. */
export const notEqual: BinaryOp = comparison("notEqual", "ne", (x, y) => x !== y);
/** x < y. */
export const less: BinaryOp = comparison("less", "lt", (x, y) => x < y);
/** x <= y. */
export const lessEqual: BinaryOp = comparison("lessEqual", "le", (x, y) => x <= y);
/** x > y. */
export const greater: BinaryOp = comparison("greater", "gt", (x, y) => x > y);
/** x >= y. */
export const greaterEqual: BinaryOp = comparison("greaterEqual", "ge", (x, y) => x >= y);
