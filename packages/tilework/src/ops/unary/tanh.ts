import * as math from "../../kernel/math.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";
import { square } from "./powers.ts";

/** The hyperbolic tangent. */
export const tanh: UnaryOp = defineUnary({
  name: "tanh",
  expression: (x) => math.tanh(x),
  reference: Math.tanh,
  gradient: ({ y, upstream }) => multiply(upstream, subtract(1, square(y))),
});
