import * as math from "../../kernel/math.ts";
import { multiply } from "../binary/multiply.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";
import { sigmoid } from "./sigmoid.ts";

/** log(1 + e^x). */
export const softplus: UnaryOp = defineUnary({
  name: "softplus",
  expression: (x) => math.softplus(x),
  reference: referenceSoftplus,
  gradient: ({ x, upstream }) => multiply(upstream, sigmoid(x)),
});

/** log(1 + e^x) in double precision, without overflow. */
export function referenceSoftplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
