/** The numbers that tools/goldens/layers.py feeds to Keras, by the same formulas; all are exact in float32. */
import type { ReferenceArray } from "../graph/define-op.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";

function formula(shape: Shape, multiplier: number, modulus: number, divisor: number): ReferenceArray {
  const data = Float64Array.from(
    { length: sizeOf(shape) },
    (_, i) => (((i * multiplier + 11) % modulus) - Math.floor(modulus / 2)) / divisor,
  );
  return { shape, dtype: "float32", data };
}

function mapped(array: ReferenceArray, change: (value: number, at: number) => number): ReferenceArray {
  return { ...array, data: array.data.map(change) };
}

/** Inputs by name: `ordinary`, many `ties` in a window, all `negative`, with `nan`, mostly `-infinity`. */
export const formulaInputs = {
  ordinary: (shape: Shape): ReferenceArray => formula(shape, 37, 101, 32),
  ties: (shape: Shape): ReferenceArray => formula(shape, 7, 5, 1),
  negative: (shape: Shape): ReferenceArray => mapped(formula(shape, 37, 101, 32), (value) => value - 4),
  nan: (shape: Shape): ReferenceArray =>
    mapped(formula(shape, 37, 101, 32), (value, at) => (at % 13 === 0 ? Number.NaN : value)),
  "-infinity": (shape: Shape): ReferenceArray =>
    mapped(formula(shape, 37, 101, 32), (value, at) => (at % 7 === 0 ? value : Number.NEGATIVE_INFINITY)),
} as const;

/** The layer's weight with this place in its list of weights. */
export function formulaWeight(shape: Shape, place: number): ReferenceArray {
  return formula(shape, 29 + 2 * place, 89, 64);
}

/** The loss is the sum of the layer's output times these. */
export function formulaLossWeights(shape: Shape): ReferenceArray {
  return formula(shape, 53, 61, 32);
}
