import { applyOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import type { Expression } from "../../kernel/expression.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { type Callable, callable } from "../callable.ts";
import { lowerElementwise } from "../lower-elementwise.ts";
import { requireDtype } from "../shape-rules.ts";

/** What is known of one application when its gradient is written: `y` is the op's own result. */
export interface UnaryGradient<A> {
  readonly x: Value;
  readonly y: Value;
  readonly upstream: Value;
  readonly attributes: A;
}

/** All about a function of one element. */
export interface UnaryRule<A> {
  readonly name: string;
  /** Element types that it takes; float32 where left out. */
  readonly dtypes?: readonly Dtype[];
  /** The result's element type; the input's where left out. */
  readonly result?: Dtype;
  /** Never reorders: x <= y gives f(x) <= f(y), to the last bit, and NaN gives NaN. */
  readonly monotone?: boolean;
  readonly algebra?: OpDefinition<A>["algebra"];
  expression(x: Expression, attributes: A, dtype: Dtype): Expression;
  reference(x: number, attributes: A, dtype: Dtype): number;
  /** The derivative; undefined where it is 0 everywhere. */
  gradient?(context: UnaryGradient<A>): Value | undefined;
}

/** A function of one element, applied to a tensor. */
export type UnaryOp = Callable<(x: Value) => Value, undefined>;

/** An elementwise op of one input without attributes. */
export function defineUnary(rule: UnaryRule<undefined>): UnaryOp {
  const definition = unaryDefinition(rule);
  return callable(definition, (x: Value) => applyOp(definition, [x], undefined)[0]!);
}

/** The definition of an elementwise op of one input. */
export function unaryDefinition<A>(rule: UnaryRule<A>): OpDefinition<A> {
  const { name, dtypes = ["float32"], gradient } = rule;
  return {
    name,
    ...(rule.monotone && { monotone: true }),
    ...(rule.algebra && { algebra: rule.algebra }),
    infer: ([x], _) => {
      requireDtype(name, x!, dtypes);
      return [{ shape: x!.shape, dtype: rule.result ?? x!.dtype }];
    },
    ...(gradient && {
      gradient: ({ inputs: [x], outputs: [y], upstream: [upstream], attributes }) => [
        gradient({ x: x!, y: y!, upstream: upstream!, attributes }),
      ],
    }),
    lower: (context) =>
      lowerElementwise(name, context, ([x]) =>
        rule.expression(x!, context.attributes, context.inputs[0]!.dtype),
      ),
    reference: ([x], attributes) => [x!.data.map((element) => rule.reference(element, attributes, x!.dtype))],
  };
}
