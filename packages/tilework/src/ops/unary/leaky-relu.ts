import { defineOp } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { compare, f32, mul, select } from "../../kernel/build-expression.ts";
import { greaterEqual } from "../binary/comparison.ts";
import { multiply } from "../binary/multiply.ts";
import { type Callable, callable } from "../callable.ts";
import { where } from "../where.ts";
import { unaryDefinition } from "./define-unary.ts";

export interface LeakyReluAttributes {
  readonly negativeSlope: number;
}

const op = defineOp<[x: Value], LeakyReluAttributes>(
  unaryDefinition({
    name: "leakyRelu",
    expression: (x, { negativeSlope }) => select(compare("ge", x, f32(0)), x, mul(f32(negativeSlope), x)),
    reference: (x, { negativeSlope }) => (x >= 0 ? x : negativeSlope * x),
    gradient: ({ x, upstream, attributes }) =>
      where(greaterEqual(x, 0), upstream, multiply(upstream, attributes.negativeSlope)),
  }),
);

/** x from 0 on, else negativeSlope · x (0.2, Keras's default). */
export const leakyRelu: Callable<(x: Value, negativeSlope?: number) => Value, LeakyReluAttributes> = callable(
  op.definition,
  (x: Value, negativeSlope = 0.2) => op(x, { negativeSlope }),
);
