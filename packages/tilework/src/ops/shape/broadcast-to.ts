import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { formatShape, type Shape, sameShape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { lowerElementwise } from "../lower-elementwise.ts";
import { sumToShape } from "../reduce/sum-to-shape.ts";
import { referenceElementwise } from "../reference-elementwise.ts";
import { broadcastShapes } from "../shape-rules.ts";

const definition: OpDefinition<Shape> = {
  name: "broadcastTo",
  infer: ([x], shape) => {
    if (!sameShape(broadcastShapes("broadcastTo", [x!.shape, shape]), shape))
      throw new ShapeError(
        `broadcastTo: ${formatShape(x!.shape)} does not stretch to ${formatShape(shape)}; only axes of size 1 do`,
      );
    return [{ shape, dtype: x!.dtype }];
  },
  gradient: ({ inputs: [x], upstream: [upstream] }) => [sumToShape(upstream!, x!.shape)],
  lower: (context) => lowerElementwise("broadcastTo", context, ([x]) => x!),
  reference: (inputs, shape) => [referenceElementwise(inputs, shape, (x) => x!)],
};

const op = defineOp<[x: Value], Shape>(definition);

/** x repeated along axes of size 1 and along new leading axes until it has `shape`. */
export const broadcastTo: Callable<(x: Value, shape: Shape) => Value, Shape> = callable(
  definition,
  (x: Value, shape: Shape) => (sameShape(x.shape, shape) ? x : op(x, shape)),
);
