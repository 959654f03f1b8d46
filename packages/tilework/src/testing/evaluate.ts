import { differentiate } from "../compiler/differentiate.ts";
import type { Value } from "../graph/value.ts";
import { reduceSum } from "../ops/reduce/reduce-sum.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";

/** A value's elements on the reference device; for values made of constants alone. */
export function evaluate(value: Value): number[] {
  return Array.from(evaluateReference([value])[0]!);
}

/** The derivative of the sum of `result`'s elements by `x`; zeros where there is none. */
export function gradientOf(result: Value, x: Value): number[] {
  const [gradient] = differentiate(reduceSum(result), [x]);
  return gradient === undefined ? new Array(x.shape.reduce((a, b) => a * b, 1)).fill(0) : evaluate(gradient);
}
