import { abs, add, f32, max, mul, neg, sub } from "../../kernel/build-expression.ts";
import * as math from "../../kernel/math.ts";
import { type BinaryOp, defineBinary } from "../binary/define-binary.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { negate } from "../unary/negate.ts";
import { sigmoid } from "../unary/sigmoid.ts";

/** -target · log sigmoid(logit) - (1 - target) · log sigmoid(-logit), element by element, without overflow. */
export const sigmoidCrossentropyWithLogits: BinaryOp = defineBinary({
  name: "sigmoidCrossentropyWithLogits",
  expression: (logit, target) =>
    add(sub(max(logit, f32(0)), mul(logit, target)), math.log1p(math.exp(neg(abs(logit))))),
  reference: (logit, target) => Math.max(logit, 0) - logit * target + Math.log1p(Math.exp(-Math.abs(logit))),
  gradient: ({ x: logit, y: target, upstream }) => [
    multiply(upstream, subtract(sigmoid(logit), target)),
    negate(multiply(upstream, logit)),
  ],
});
