import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";

const definition: OpDefinition<Shape> = {
  name: "reshape",
  view: true,
  infer: ([x], shape) => [{ shape, dtype: x!.dtype }],
  gradient: ({ inputs: [x], upstream: [upstream] }) => [reshape(upstream!, x!.shape)],
  reference: ([x]) => [x!.data],
};

const op = defineOp<[x: Value], Shape>(definition);

/** The same elements, row-major, in another shape. One size may be -1: it follows from the others. */
export const reshape: Callable<(x: Value, shape: Shape) => Value, Shape> = callable(
  definition,
  (x: Value, shape: Shape) => {
    const target = resolve(x.shape, shape);
    return sameShape(x.shape, target) ? x : op(x, target);
  },
);

function resolve(from: Shape, to: Shape): Shape {
  const size = sizeOf(from);
  const known = to.reduce((product, axisSize) => (axisSize === -1 ? product : product * axisSize), 1);
  const open = to.filter((axisSize) => axisSize === -1).length;
  if (to.some((axisSize) => !Number.isInteger(axisSize) || axisSize < -1) || open > 1)
    throw new ShapeError(
      `reshape: ${formatShape(to)} is no shape; sizes are whole numbers, and one may be -1`,
    );
  if (open === 0 ? known === size : known > 0 && size % known === 0)
    return to.map((axisSize) => (axisSize === -1 ? size / known : axisSize));
  throw new ShapeError(
    `reshape: ${formatShape(from)} has ${size} elements, which do not fit ${formatShape(to)} ` +
      (open === 0 ? `(${known} elements)` : `(a multiple of ${known})`),
  );
}
