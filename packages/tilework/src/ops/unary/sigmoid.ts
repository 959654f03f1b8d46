import * as math from "../../kernel/math.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";

/** The logistic function 1 / (1 + e^-x). */
export const sigmoid: UnaryOp = defineUnary({
  name: "sigmoid",
  expression: (x) => math.sigmoid(x),
  reference: (x) => 1 / (1 + Math.exp(-x)),
  gradient: ({ y, upstream }) => multiply(upstream, multiply(y, subtract(1, y))),
});
