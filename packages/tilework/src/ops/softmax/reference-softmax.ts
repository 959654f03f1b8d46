import { type Shape, stridesOf } from "../../tensor/shape.ts";
import { extremesOf } from "../../util/extremes.ts";
import { forEachPlace } from "../reference-elementwise.ts";

/** log(e^x / Σ e^x) along an axis. */
export function referenceLogSoftmax(data: Float64Array, shape: Shape, axis: number): Float64Array {
  const result = new Float64Array(data.length);
  const stride = stridesOf(shape)[axis]!;
  const size = shape[axis]!;
  forEachPlace(shape, (place, start) => {
    if (place[axis] !== 0) return;
    const at = Array.from({ length: size }, (_, k) => start + k * stride);
    const largest = extremesOf(at.map((i) => data[i]!)).max;
    const sum = at.reduce((total, i) => total + Math.exp(data[i]! - largest), 0);
    for (const i of at) result[i] = data[i]! - largest - Math.log(sum);
  });
  return result;
}
