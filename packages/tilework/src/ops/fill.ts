import { defineOp, type Op } from "../graph/define-op.ts";
import type { Value } from "../graph/value.ts";
import { f32, i32 } from "../kernel/build-expression.ts";
import type { Expression } from "../kernel/expression.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import { type Callable, callable } from "./callable.ts";
import { lowerElementwise } from "./lower-elementwise.ts";

export interface FillAttributes {
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly value: number;
}

const fillOp: Op<[], FillAttributes> = defineOp({
  name: "fill",
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
  gradient: () => [],
  lower: (context) =>
    lowerElementwise("fill", context, () => elementOf(context.attributes.value, context.attributes.dtype)),
  reference: (_, { shape, value }) => [new Float64Array(sizeOf(shape)).fill(value)],
});

function elementOf(value: number, dtype: Dtype): Expression {
  if (dtype === "bool") return { kind: "compare", op: "ne", x: i32(value), y: i32(0) };
  return dtype === "float32" ? f32(value) : i32(value);
}

/** A tensor whose elements are all `value`. */
export const fill: Callable<(value: number, shape: Shape, dtype?: Dtype) => Value, FillAttributes> = callable(
  fillOp.definition,
  (value: number, shape: Shape, dtype: Dtype = "float32") => fillOp({ value, shape, dtype }),
);

/** A tensor of no axes that holds `value`. */
export function scalar(value: number, dtype: Dtype = "float32"): Value {
  return fill(value, [], dtype);
}
