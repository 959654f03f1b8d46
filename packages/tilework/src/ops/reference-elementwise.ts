import type { ReferenceArray } from "../graph/define-op.ts";
import { type Shape, sizeOf, stridesOf } from "../tensor/shape.ts";

/** Calls `visit` for each place of `shape` in row-major order; `place` is reused. */
export function forEachPlace(shape: Shape, visit: (place: readonly number[], flat: number) => void): void {
  const place = shape.map(() => 0);
  const size = sizeOf(shape);
  for (let flat = 0; flat < size; flat++) {
    visit(place, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++place[axis]! < shape[axis]!) break;
      place[axis] = 0;
    }
  }
}

/** Strides with which a tensor is read at places of a shape that it broadcasts to. */
export function broadcastStrides(from: Shape, rank: number): number[] {
  const strides = stridesOf(from).map((stride, axis) => (from[axis] === 1 ? 0 : stride));
  return [...new Array<number>(rank - from.length).fill(0), ...strides];
}

/** The position in memory of a place. */
export function offsetOf(place: readonly number[], strides: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < place.length; axis++) offset += place[axis]! * strides[axis]!;
  return offset;
}

/** Computes each element of `shape` from the inputs' elements that broadcast there. */
export function referenceElementwise(
  inputs: readonly ReferenceArray[],
  shape: Shape,
  compute: (...elements: number[]) => number,
): Float64Array {
  const result = new Float64Array(sizeOf(shape));
  const strides = inputs.map((input) => broadcastStrides(input.shape, shape.length));
  forEachPlace(shape, (place, flat) => {
    result[flat] = compute(...inputs.map((input, i) => input.data[offsetOf(place, strides[i]!)]!));
  });
  return result;
}
