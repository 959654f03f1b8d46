import { applyOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { callable } from "../callable.ts";
import type { UnaryOp } from "./define-unary.ts";

const definition: OpDefinition<undefined> = {
  name: "stopGradient",
  view: true,
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  gradient: () => [undefined],
  reference: ([x]) => [x!.data],
};

/** x itself, through which no gradient flows. */
export const stopGradient: UnaryOp = callable(
  definition,
  (x: Value) => applyOp(definition, [x], undefined)[0]!,
);
