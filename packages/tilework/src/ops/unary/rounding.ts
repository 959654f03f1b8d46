/** Piecewise constant functions: their derivative is 0. */
import { compare, f32, select, unary } from "../../kernel/build-expression.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";

const noGradient = (): undefined => undefined;

/** The largest integer that is not above x. */
export const floor: UnaryOp = defineUnary({
  name: "floor",
  expression: (x) => unary("floor", x),
  reference: Math.floor,
  gradient: noGradient,
});

/** The smallest integer that is not below x. */
export const ceil: UnaryOp = defineUnary({
  name: "ceil",
  expression: (x) => unary("ceil", x),
  reference: Math.ceil,
  gradient: noGradient,
});

/** The nearest integer, halves to the even one (NumPy's rule). */
export const round: UnaryOp = defineUnary({
  name: "round",
  expression: (x) => unary("roundEven", x),
  reference: roundHalfToEven,
  gradient: noGradient,
});

/** -1, 0 or 1; x itself where x is 0 or NaN. */
export const sign: UnaryOp = defineUnary({
  name: "sign",
  expression: (x) => select(compare("gt", x, f32(0)), f32(1), select(compare("lt", x, f32(0)), f32(-1), x)),
  reference: Math.sign,
  gradient: noGradient,
});

function roundHalfToEven(x: number): number {
  const magnitude = Math.abs(x);
  const down = Math.floor(magnitude);
  const tie = magnitude - down === 0.5;
  return Math.sign(x) * (tie ? down + (down % 2) : Math.round(magnitude));
}
