/** Sizes of a tensor's axes, outermost first. All are known: programs are compiled for one batch size. */
export type Shape = readonly number[];

/** The number of elements; 1 for a scalar's empty shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** `(None, 26, 26, 32)`-like text; a null stands for the batch. */
export function formatShape(shape: readonly (number | null)[]): string {
  const parts = shape.map((size) => (size === null ? "None" : String(size)));
  return parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(", ")})`;
}
