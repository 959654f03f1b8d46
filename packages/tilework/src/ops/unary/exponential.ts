/** e to the power of x, natural logarithms, and their forms that are exact near 0. */
import * as math from "../../kernel/math.ts";
import { add } from "../binary/add.ts";
import { divide } from "../binary/divide.ts";
import { multiply } from "../binary/multiply.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";

/** e^x. */
export const exp: UnaryOp = defineUnary({
  name: "exp",
  expression: (x) => math.exp(x),
  reference: Math.exp,
  gradient: ({ y, upstream }) => multiply(upstream, y),
});

/** e^x - 1, exact near 0. */
export const expm1: UnaryOp = defineUnary({
  name: "expm1",
  expression: (x) => math.expm1(x),
  reference: Math.expm1,
  gradient: ({ y, upstream }) => multiply(upstream, add(y, 1)),
});

/** The natural logarithm; -Infinity at 0, NaN below. */
export const log: UnaryOp = defineUnary({
  name: "log",
  expression: (x) => math.log(x),
  reference: Math.log,
  gradient: ({ x, upstream }) => divide(upstream, x),
});

/** log(1 + x), exact near 0. */
export const log1p: UnaryOp = defineUnary({
  name: "log1p",
  expression: (x) => math.log1p(x),
  reference: Math.log1p,
  gradient: ({ x, upstream }) => divide(upstream, add(x, 1)),
});
