import * as math from "../../kernel/math.ts";
import { multiply } from "../binary/multiply.ts";
import { defineUnary, type UnaryOp } from "./define-unary.ts";
import { exp } from "./exponential.ts";
import { negate } from "./negate.ts";
import { square } from "./powers.ts";

/** The error function 2/√π · ∫₀ˣ e^(-t²) dt. */
export const erf: UnaryOp = defineUnary({
  name: "erf",
  expression: (x) => math.erf(x),
  reference: referenceErf,
  gradient: ({ x, upstream }) => multiply(upstream, multiply(exp(negate(square(x))), 2 / Math.sqrt(Math.PI))),
});

/**
 * erf to double precision: its Taylor series below 3 (at most about 70 terms of e^(-x²)·(2x)^(2n+1)/…, all of one
 * sign, so nothing cancels), Laplace's continued fraction of erfc from there on (Abramowitz and Stegun 7.1.6, 7.1.14).
 */
export function referenceErf(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  return Math.sign(x) * (magnitude < 3 ? erfSeries(magnitude) : 1 - erfcFraction(magnitude));
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function erfcFraction(x: number): number {
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
