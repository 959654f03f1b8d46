/** Squares and roots. */
import { mul, sqrt as squareRoot } from "../../kernel/build-expression.ts";
import * as math from "../../kernel/math.ts";
import { divide } from "../binary/divide.ts";
import { multiply } from "../binary/multiply.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";

/** x². int32 keeps the low 32 bits. */
export const square: UnaryOp = defineUnary({
  name: "square",
  dtypes: ["float32", "int32"],
  expression: (x) => mul(x, x),
  reference: (x, _, dtype) => (dtype === "int32" ? Math.imul(x, x) : x * x),
  gradient: ({ x, upstream }) => multiply(upstream, multiply(x, 2)),
});

/** √x; NaN below 0. */
export const sqrt: UnaryOp = defineUnary({
  name: "sqrt",
  expression: (x) => squareRoot(x),
  reference: Math.sqrt,
  gradient: ({ y, upstream }) => divide(upstream, multiply(y, 2)),
});

/** 1 / √x. */
export const rsqrt: UnaryOp = defineUnary({
  name: "rsqrt",
  expression: (x) => math.rsqrt(x),
  reference: (x) => 1 / Math.sqrt(x),
  gradient: ({ x, y, upstream }) => multiply(upstream, multiply(divide(y, x), -0.5)),
});
