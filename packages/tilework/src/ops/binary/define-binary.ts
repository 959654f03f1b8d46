import { applyOp, type OpDefinition } from "../../graph/define-op.ts";
import { requireValue } from "../../graph/is-value.ts";
import type { TensorType, Value } from "../../graph/value.ts";
import type { Expression } from "../../kernel/expression.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { scalar } from "../fill.ts";
import { lowerElementwise } from "../lower-elementwise.ts";
import { sumToShape } from "../reduce/sum-to-shape.ts";
import { referenceElementwise } from "../reference-elementwise.ts";
import { broadcastShapes, requireDtype } from "../shape-rules.ts";

/** A tensor, or a number that becomes a scalar of the other operand's element type. */
export type Operand = Value | number;

/** What is known of one application when its gradient is written; all have broadcast to the result's shape. */
export interface BinaryGradient {
  readonly x: Value;
  readonly y: Value;
  readonly result: Value;
  readonly upstream: Value;
}

/** All about a function of two elements. */
export interface BinaryRule {
  readonly name: string;
  /** Element types that it takes (both the same); float32 where left out. */
  readonly dtypes?: readonly Dtype[];
  /** The result's element type; the inputs' where left out. */
  readonly result?: Dtype;
  readonly algebra?: OpDefinition<undefined>["algebra"];
  expression(x: Expression, y: Expression, dtype: Dtype): Expression;
  reference(x: number, y: number, dtype: Dtype): number;
  /** The derivatives in the result's shape; sums over broadcast axes are added here. */
  gradient?(context: BinaryGradient): readonly [Value | undefined, Value | undefined];
}

/** A function of two elements, applied with NumPy's broadcasting. One operand may be a number. */
export type BinaryOp = Callable<(x: Operand, y: Operand) => Value, undefined>;

/** An elementwise op of two inputs. */
export function defineBinary(rule: BinaryRule): BinaryOp {
  const definition = binaryDefinition(rule);
  return callable(definition, (x: Operand, y: Operand) => {
    const dtype = dtypeOf(rule.name, x, y);
    const inputs = [x, y].map((operand) => (typeof operand === "number" ? scalar(operand, dtype) : operand));
    return applyOp(definition, inputs, undefined)[0]!;
  });
}

function dtypeOf(name: string, x: Operand, y: Operand): Dtype {
  for (const operand of [x, y]) if (typeof operand !== "number") requireValue(name, operand);
  const value = typeof x === "number" ? y : x;
  if (typeof value === "number")
    throw new ArgumentError("y", `${name}: both operands are numbers (${x}, ${y}); one must be a tensor`);
  return value.dtype;
}

function binaryDefinition(rule: BinaryRule): OpDefinition<undefined> {
  const { name, gradient } = rule;
  return {
    name,
    ...(rule.algebra && { algebra: rule.algebra }),
    infer: ([x, y]) => inferBinary(rule, x!, y!),
    ...(gradient && {
      gradient: ({ inputs: [x, y], outputs: [result], upstream: [upstream] }) => {
        const [dx, dy] = gradient({ x: x!, y: y!, result: result!, upstream: upstream! });
        return [dx && sumToShape(dx, x!.shape), dy && sumToShape(dy, y!.shape)];
      },
    }),
    lower: (context) =>
      lowerElementwise(name, context, ([x, y]) => rule.expression(x!, y!, context.inputs[0]!.dtype)),
    reference: ([x, y], _, [type]) => [
      referenceElementwise([x!, y!], type!.shape, (a, b) => rule.reference(a!, b!, x!.dtype)),
    ],
  };
}

function inferBinary(rule: BinaryRule, x: TensorType, y: TensorType): TensorType[] {
  if (x.dtype !== y.dtype)
    throw new ShapeError(
      `${rule.name}: the inputs are ${x.dtype} and ${y.dtype}; cast one to the other's type`,
    );
  requireDtype(rule.name, x, rule.dtypes ?? ["float32"]);
  return [{ shape: broadcastShapes(rule.name, [x.shape, y.shape]), dtype: rule.result ?? x.dtype }];
}
