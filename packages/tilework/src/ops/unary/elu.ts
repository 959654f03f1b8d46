import { defineOp } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { compare, f32, mul, select } from "../../kernel/build-expression.ts";
import { expm1 } from "../../kernel/math.ts";
import { add } from "../binary/add.ts";
import { greater } from "../binary/comparison.ts";
import { multiply } from "../binary/multiply.ts";
import { type Callable, callable } from "../callable.ts";
import { where } from "../where.ts";
import { unaryDefinition } from "./define-unary.ts";

export interface EluAttributes {
  readonly alpha: number;
  readonly scale: number;
}

const op = defineOp<[x: Value], EluAttributes>(
  unaryDefinition({
    name: "elu",
    expression: (x, { alpha, scale }) =>
      select(compare("gt", x, f32(0)), mul(f32(scale), x), mul(f32(scale * alpha), expm1(x))),
    reference: (x, { alpha, scale }) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    gradient: ({ x, y, upstream, attributes: { alpha, scale } }) =>
      multiply(upstream, where(greater(x, 0), scale, add(y, scale * alpha))),
  }),
);

/** x above 0, else alpha · (e^x - 1) (Clevert et al., arXiv 1511.07289). */
export const elu: Callable<(x: Value, alpha?: number) => Value, EluAttributes> = callable(
  op.definition,
  (x: Value, alpha = 1) => op(x, { alpha, scale: 1 }),
);

/** The self-normalising scaled elu (Klambauer et al., arXiv 1706.02515). */
export function selu(x: Value): Value {
  return op(x, { alpha: 1.6732632423543772, scale: 1.0507009873554805 });
}
