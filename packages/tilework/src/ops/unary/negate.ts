import { i32, neg, sub } from "../../kernel/build-expression.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";

/** -x. int32 wraps. */
export const negate: UnaryOp = defineUnary({
  name: "negate",
  algebra: "negate",
  dtypes: ["float32", "int32"],
  expression: (x, _, dtype) => (dtype === "int32" ? sub(i32(0), x) : neg(x)),
  reference: (x, _, dtype) => (dtype === "int32" ? -x | 0 : -x),
  gradient: ({ upstream }) => negate(upstream),
});
