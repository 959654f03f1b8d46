/** Which elements are numbers: results are bool. */
import { abs, compare, f32, unary } from "../../kernel/build-expression.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";

/** NaN. */
export const isNanElement: UnaryOp = defineUnary({
  name: "isNan",
  result: "bool",
  expression: (x) => compare("ne", x, x),
  reference: (x) => Number(Number.isNaN(x)),
});

/** Neither NaN nor infinite. */
export const isFiniteElement: UnaryOp = defineUnary({
  name: "isFinite",
  result: "bool",
  expression: (x) => compare("lt", abs(x), f32(Number.POSITIVE_INFINITY)),
  reference: (x) => Number(Number.isFinite(x)),
});

/** The opposite of a bool. */
export const logicalNot: UnaryOp = defineUnary({
  name: "logicalNot",
  dtypes: ["bool"],
  expression: (x) => unary("not", x),
  reference: (x) => 1 - x,
});
