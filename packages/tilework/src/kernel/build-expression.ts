/** Short constructors for nest expressions. Nothing is simplified here: what is written is what is computed. */
import type { BinaryOp, CompareOp, ConvertOp, Expression, UnaryOp } from "./expression.ts";
import type { Index } from "./index-expression.ts";

/** A single-precision constant (rounded to float32). */
export function f32(value: number): Expression {
  return { kind: "constant", type: "f32", value: Math.fround(value) };
}

/** A 32-bit integer constant (wrapped to signed). */
export function i32(value: number): Expression {
  return { kind: "constant", type: "i32", value: value | 0 };
}

export function position(index: Index): Expression {
  return { kind: "position", index };
}

export function unary(op: UnaryOp, x: Expression): Expression {
  return { kind: "unary", op, x };
}

export function binary(op: BinaryOp, x: Expression, y: Expression): Expression {
  return { kind: "binary", op, x, y };
}

export const add = (x: Expression, y: Expression): Expression => binary("add", x, y);
export const sub = (x: Expression, y: Expression): Expression => binary("sub", x, y);
export const mul = (x: Expression, y: Expression): Expression => binary("mul", x, y);
export const div = (x: Expression, y: Expression): Expression => binary("div", x, y);
/** y < x ? y : x */
export const min = (x: Expression, y: Expression): Expression => binary("min", x, y);
/** x < y ? y : x */
export const max = (x: Expression, y: Expression): Expression => binary("max", x, y);
export const neg = (x: Expression): Expression => unary("neg", x);
export const abs = (x: Expression): Expression => unary("abs", x);
export const sqrt = (x: Expression): Expression => unary("sqrt", x);

/** x·y + z, rounded once. */
export function fma(x: Expression, y: Expression, z: Expression): Expression {
  return { kind: "fma", x, y, z };
}

export function compare(op: CompareOp, x: Expression, y: Expression): Expression {
  return { kind: "compare", op, x, y };
}

export function select(condition: Expression, yes: Expression, no: Expression): Expression {
  return { kind: "select", condition, yes, no };
}

export function convert(op: ConvertOp, x: Expression): Expression {
  return { kind: "convert", op, x };
}
