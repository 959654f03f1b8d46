import { defineOp } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import * as build from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import * as math from "../../kernel/math.ts";
import { add } from "../binary/add.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { type Callable, callable } from "../callable.ts";
import { unaryDefinition } from "./define-unary.ts";
import { erf, referenceErf } from "./erf.ts";
import { exp } from "./exponential.ts";
import { square } from "./powers.ts";
import { tanh } from "./tanh.ts";

export interface GeluAttributes {
  readonly approximate: boolean;
}

const { f32, mul } = build;
const rootHalf = Math.SQRT1_2;
const rootTwoOverPi = Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

const op = defineOp<[x: Value], GeluAttributes>(
  unaryDefinition({
    name: "gelu",
    expression: (x, { approximate }) =>
      mul(mul(f32(0.5), x), build.add(f32(1), approximate ? tanhTerm(x) : math.erf(mul(x, f32(rootHalf))))),
    reference: (x, { approximate }) =>
      0.5 *
      x *
      (1 + (approximate ? Math.tanh(rootTwoOverPi * (x + cubic * x ** 3)) : referenceErf(x * rootHalf))),
    gradient: ({ x, upstream, attributes }) =>
      multiply(upstream, attributes.approximate ? approximateDerivative(x) : exactDerivative(x)),
  }),
);

/** x · Φ(x) with the normal distribution function Φ, or its tanh approximation (arXiv 1606.08415). */
export const gelu: Callable<(x: Value, approximate?: boolean) => Value, GeluAttributes> = callable(
  op.definition,
  (x: Value, approximate = true) => op(x, { approximate }),
);

function tanhTerm(x: Expression): Expression {
  const cube = mul(mul(x, x), x);
  return math.tanh(mul(f32(rootTwoOverPi), build.fma(f32(cubic), cube, x)));
}

function exactDerivative(x: Value): Value {
  const distribution = multiply(add(erf(multiply(x, rootHalf)), 1), 0.5);
  const density = multiply(exp(multiply(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(distribution, multiply(x, density));
}

function approximateDerivative(x: Value): Value {
  const inner = multiply(multiply(x, add(multiply(square(x), cubic), 1)), rootTwoOverPi);
  const innerDerivative = multiply(add(multiply(square(x), 3 * cubic), 1), rootTwoOverPi);
  const t = tanh(inner);
  const slope = multiply(multiply(multiply(x, 0.5), subtract(1, square(t))), innerDerivative);
  return add(multiply(add(t, 1), 0.5), slope);
}
