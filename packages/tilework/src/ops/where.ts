import { applyOp, type OpDefinition } from "../graph/define-op.ts";
import type { TensorType, Value } from "../graph/value.ts";
import { select } from "../kernel/build-expression.ts";
import { ArgumentError, ShapeError } from "../util/errors.ts";
import type { Operand } from "./binary/define-binary.ts";
import { type Callable, callable } from "./callable.ts";
import { scalar } from "./fill.ts";
import { lowerElementwise } from "./lower-elementwise.ts";
import { sumToShape } from "./reduce/sum-to-shape.ts";
import { referenceElementwise } from "./reference-elementwise.ts";
import { broadcastShapes, requireDtype } from "./shape-rules.ts";

const definition: OpDefinition<undefined> = {
  name: "where",
  infer: ([condition, yes, no]) => [inferWhere(condition!, yes!, no!)],
  gradient: ({ inputs: [condition, yes, no], upstream: [upstream] }) => [
    undefined,
    sumToShape(where(condition!, upstream!, 0), yes!.shape),
    sumToShape(where(condition!, 0, upstream!), no!.shape),
  ],
  lower: (context) =>
    lowerElementwise("where", context, ([condition, yes, no]) => select(condition!, yes!, no!)),
  reference: (inputs, _, [type]) => [
    referenceElementwise(inputs, type!.shape, (condition, yes, no) => (condition ? yes! : no!)),
  ],
};

function inferWhere(condition: TensorType, yes: TensorType, no: TensorType): TensorType {
  requireDtype("where", condition, ["bool"], "condition");
  requireDtype("where", yes, ["float32", "int32"]);
  if (yes.dtype !== no.dtype)
    throw new ShapeError(`where: the choices are ${yes.dtype} and ${no.dtype}; cast one to the other's type`);
  return {
    shape: broadcastShapes("where", [condition.shape, yes.shape, no.shape]),
    dtype: yes.dtype,
  };
}

/** `yes` where the condition (bool) holds, else `no`, with NumPy's broadcasting. */
export const where: Callable<(condition: Value, yes: Operand, no: Operand) => Value, undefined> = callable(
  definition,
  (condition: Value, yes: Operand, no: Operand) => {
    if (typeof yes === "number" && typeof no === "number")
      throw new ArgumentError("yes", `where: both choices are numbers (${yes}, ${no}); use fill for one`);
    const dtype = typeof yes === "number" ? (no as Value).dtype : yes.dtype;
    const inputs = [yes, no].map((choice) => (typeof choice === "number" ? scalar(choice, dtype) : choice));
    return applyOp(definition, [condition, ...inputs], undefined)[0]!;
  },
);
