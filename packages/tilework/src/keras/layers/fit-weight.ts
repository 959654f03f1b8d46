import type { HostData } from "../../runtime/device.ts";
import type { NDArray } from "../../tensor/ndarray.ts";
import { formatShape, sameShape } from "../../tensor/shape.ts";
import { ArgumentError } from "../../util/errors.ts";
import type { Weight } from "./weight.ts";

/** An array as the elements of a weight; refuses another shape. */
export function fitWeight(weight: Weight, array: NDArray): HostData {
  if (!sameShape(weight.shape, array.shape))
    throw new ArgumentError(
      "weights",
      `${weight.path}: expected shape ${formatShape(weight.shape)}, got ${formatShape(array.shape)}`,
    );
  return weight.dtype === "float32" ? Float32Array.from(array.data) : Int32Array.from(array.data);
}
