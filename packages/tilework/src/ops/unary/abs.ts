import * as build from "../../kernel/build-expression.ts";
import { multiply } from "../binary/multiply.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";
import { sign } from "./rounding.ts";

/** |x|. Its derivative at 0 is 0. */
export const abs: UnaryOp = defineUnary({
  name: "abs",
  expression: (x) => build.abs(x),
  reference: Math.abs,
  gradient: ({ x, upstream }) => multiply(upstream, sign(x)),
});
