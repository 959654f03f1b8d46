import type { ReferenceArray } from "../../graph/define-op.ts";
import { type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { broadcastStrides, forEachPlace, offsetOf } from "../reference-elementwise.ts";
import type { MatmulAttributes } from "./matmul.ts";

/** Products of matrices by the definition. */
export function referenceMatmul(
  a: ReferenceArray,
  b: ReferenceArray,
  shape: Shape,
  { transposeA, transposeB }: MatmulAttributes,
): Float64Array {
  const rank = shape.length;
  const left = matrixStrides(a.shape, rank, transposeA);
  const right = matrixStrides(b.shape, rank, transposeB);
  const depth = a.shape[a.shape.length - (transposeA ? 2 : 1)]!;
  const result = new Float64Array(sizeOf(shape));
  forEachPlace(shape, (place, flat) => {
    const batch = place.slice(0, -2);
    const atA = offsetOf(batch, left.batch) + place[rank - 2]! * left.row;
    const atB = offsetOf(batch, right.batch) + place[rank - 1]! * right.column;
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += a.data[atA + k * left.column]! * b.data[atB + k * right.row]!;
    result[flat] = sum;
  });
  return result;
}

interface MatrixStrides {
  readonly batch: readonly number[];
  readonly row: number;
  readonly column: number;
}

function matrixStrides(shape: Shape, rank: number, transposed: boolean): MatrixStrides {
  const batch = broadcastStrides(shape, rank).slice(0, -2);
  const [row, column] = stridesOf(shape).slice(-2) as [number, number];
  return transposed ? { batch, row: column, column: row } : { batch, row, column };
}
