import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import { requireValue } from "../../graph/is-value.ts";
import type { Value } from "../../graph/value.ts";
import { compare, convert, f32, i32, select } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { type Callable, callable } from "../callable.ts";
import { lowerElementwise } from "../lower-elementwise.ts";

const definition: OpDefinition<Dtype> = {
  name: "cast",
  infer: ([x], dtype) => [{ shape: x!.shape, dtype }],
  gradient: ({ upstream: [upstream] }) => [upstream],
  lower: (context) =>
    lowerElementwise("cast", context, ([x]) =>
      castExpression(x!, context.inputs[0]!.dtype, context.attributes),
    ),
  reference: ([x], dtype) => [x!.data.map((element) => castNumber(element, dtype))],
};

const op = defineOp<[x: Value], Dtype>(definition);

/**
 * x with another element type. float32 loses its fraction (towards 0), keeps to int32's range and NaN becomes 0;
 * uint8 keeps the low byte; bool is x ≠ 0.
 */
export const cast: Callable<(x: Value, dtype: Dtype) => Value, Dtype> = callable(
  definition,
  (x: Value, dtype: Dtype) => {
    requireValue("cast", x);
    return x.dtype === dtype ? x : op(x, dtype);
  },
);

function castExpression(x: Expression, from: Dtype, to: Dtype): Expression {
  if (from === to) return x;
  if (from === "bool") return to === "float32" ? select(x, f32(1), f32(0)) : select(x, i32(1), i32(0));
  if (to === "bool") return compare("ne", x, from === "float32" ? f32(0) : i32(0));
  if (to === "float32") return convert("f32FromI32", x);
  return from === "float32" ? convert("i32FromF32", x) : x;
}

function castNumber(x: number, to: Dtype): number {
  if (to === "float32") return x;
  if (to === "bool") return Number(x !== 0);
  const whole = Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)));
  return to === "uint8" ? whole & 255 : whole;
}
