import { sizeOf } from "../../tensor/shape.ts";
import { placeOf } from "./check-labels.ts";
import type { ModelData } from "./model-data.ts";

/** The first element of these rows of the inputs that is NaN or infinite, such as `x[3][0] is NaN`. */
export function findNonFiniteInput({ inputs }: ModelData, rows: Uint32Array): string | undefined {
  for (const column of inputs) {
    const size = sizeOf(column.rowShape);
    for (const row of rows)
      for (let at = row * size; at < (row + 1) * size; at++)
        if (!Number.isFinite(column.data[at])) return `${placeOf(column, at)} is ${column.data[at]}`;
  }
  return undefined;
}
