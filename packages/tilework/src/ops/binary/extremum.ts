/** Elementwise maximum and minimum. NaN wins; on ties each side gets half of the gradient (as in JAX). */

import type { Value } from "../../graph/value.ts";
import * as build from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { where } from "../where.ts";
import { equal, greater, less } from "./comparison.ts";
import { type BinaryGradient, type BinaryOp, defineBinary, type Operand } from "./define-binary.ts";
import { multiply } from "./multiply.ts";

/** The larger of x and y. */
export const maximum: BinaryOp = defineBinary({
  name: "maximum",
  dtypes: ["float32", "int32"],
  expression: (x, y, dtype) => keepNaN(build.max(x, y), y, dtype === "float32"),
  reference: (x, y) => Math.max(x, y),
  gradient: (context) => share(context, greater),
});

/** The smaller of x and y. */
export const minimum: BinaryOp = defineBinary({
  name: "minimum",
  dtypes: ["float32", "int32"],
  expression: (x, y, dtype) => keepNaN(build.min(x, y), y, dtype === "float32"),
  reference: (x, y) => Math.min(x, y),
  gradient: (context) => share(context, less),
});

/** x, brought into [minimum, maximum]. */
export function clip(x: Value, lowest: number, highest: number): Value {
  return minimum(maximum(x, lowest), highest);
}

function keepNaN(extremum: Expression, y: Expression, isFloat: boolean): Expression {
  return isFloat ? build.select(build.compare("ne", y, y), y, extremum) : extremum;
}

function share(
  { x, y, upstream }: BinaryGradient,
  wins: (x: Operand, y: Operand) => Value,
): readonly [Value, Value] {
  const tied = where(equal(x, y), multiply(upstream, 0.5), 0);
  return [where(wins(x, y), upstream, tied), where(wins(y, x), upstream, tied)];
}
