import { mul } from "../../kernel/build-expression.ts";
import * as math from "../../kernel/math.ts";
import { add } from "../binary/add.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";
import { sigmoid } from "./sigmoid.ts";

/** x · sigmoid(x), also called swish. */
export const silu: UnaryOp = defineUnary({
  name: "silu",
  expression: (x) => mul(x, math.sigmoid(x)),
  reference: (x) => x / (1 + Math.exp(-x)),
  gradient: ({ x, y, upstream }) => {
    const s = sigmoid(x);
    return multiply(upstream, add(s, multiply(y, subtract(1, s))));
  },
});
