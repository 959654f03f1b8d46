import { type Shape, sizeOf } from "../../tensor/shape.ts";

/** Inputs and outputs of one unit of a weight of this shape, the receptive field counted in, as Keras computes them. */
export function fansOf(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  const last = shape[shape.length - 1] ?? 1;
  if (shape.length < 2) return { fanIn: last, fanOut: last };
  const receptiveField = sizeOf(shape.slice(0, -2));
  return { fanIn: receptiveField * shape[shape.length - 2]!, fanOut: receptiveField * last };
}
