/** Angles are in radians. */
import * as math from "../../kernel/math.ts";
import { multiply } from "../binary/multiply.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";
import { negate } from "./negate.ts";

/** The sine. */
export const sin: UnaryOp = defineUnary({
  name: "sin",
  expression: (x) => math.sin(x),
  reference: Math.sin,
  gradient: ({ x, upstream }) => multiply(upstream, cos(x)),
});

/** The cosine. */
export const cos: UnaryOp = defineUnary({
  name: "cos",
  expression: (x) => math.cos(x),
  reference: Math.cos,
  gradient: ({ x, upstream }) => negate(multiply(upstream, sin(x))),
});
