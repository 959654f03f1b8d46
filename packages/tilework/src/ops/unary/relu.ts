import { f32, max, min } from "../../kernel/build-expression.ts";
import { greater, less } from "../binary/comparison.ts";
import { logicalAnd } from "../binary/logical.ts";
import { where } from "../where.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";

/** max(x, 0). Its derivative at 0 is 0, as in Keras. */
export const relu: UnaryOp = defineUnary({
  name: "relu",
  monotone: true,
  expression: (x) => max(x, f32(0)),
  reference: (x) => Math.max(x, 0),
  gradient: ({ y, upstream }) => where(greater(y, 0), upstream, 0),
});

/** min(max(x, 0), 6). Its derivative at 0 and at 6 is 0, as in Keras on JAX. */
export const relu6: UnaryOp = defineUnary({
  name: "relu6",
  monotone: true,
  expression: (x) => min(max(x, f32(0)), f32(6)),
  reference: (x) => Math.min(Math.max(x, 0), 6),
  gradient: ({ y, upstream }) => where(logicalAnd(greater(y, 0), less(y, 6)), upstream, 0),
});
