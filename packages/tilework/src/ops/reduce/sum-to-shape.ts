import type { Value } from "../../graph/value.ts";
import { type Shape, sameShape } from "../../tensor/shape.ts";
import { reshape } from "../shape/reshape.ts";
import { reduceSum } from "./reduce-sum.ts";

/** The gradient of broadcasting `shape` to x's shape: sums over all axes that were stretched. */
export function sumToShape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const shift = x.shape.length - shape.length;
  const axes = x.shape.flatMap((size, axis) =>
    size !== 1 && (shape[axis - shift] ?? 1) === 1 ? [axis] : [],
  );
  const sum = axes.length > 0 ? reduceSum(x, { axes, keepDims: true }) : x;
  return sameShape(sum.shape, shape) ? sum : reshape(sum, shape);
}
