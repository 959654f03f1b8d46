/**
 * The matrices of Winograd's minimal filtering F(2x2, 3x3): a tile of 2x2 outputs of a 3x3 convolution takes 16
 * products instead of 36. With data tile d (4x4), kernel g (3x3) and upstream tile u (2x2):
 *
 *     outputs          A' [ (G g G') * (B' d B) ] A
 *     kernel gradient  G' [ (B' d B) * (A u A') ] G
 *
 * where ' transposes and * multiplies point by point (A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural
 * Networks, arXiv 1509.09308). All entries are 0, 1, -1 or one half, so the transforms only add and halve.
 */
import { add, f32, mul, neg, sub } from "../../../kernel/build-expression.ts";
import type { Expression } from "../../../kernel/expression.ts";

/** Taps of a kernel along one axis. */
export const taps = 3;

export type Matrix = readonly (readonly number[])[];

const half = 0.5;

/** B', from 4 data to 4 points. */
export const dataMatrix: Matrix = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
];

/** G, from 3 taps to 4 points. */
export const kernelMatrix: Matrix = [
  [1, 0, 0],
  [half, half, half],
  [half, -half, half],
  [0, 0, 1],
];

/** A', from 4 points to 2 outputs. */
export const resultMatrix: Matrix = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
];

/** A, from 2 upstream gradients to 4 points. */
export const upstreamMatrix: Matrix = transposed(resultMatrix);

/** G', from 4 points to 3 taps. */
export const kernelGradientMatrix: Matrix = transposed(kernelMatrix);

function transposed(matrix: Matrix): Matrix {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}

/** Squares of values, row by row. */
export type Tile<T> = readonly (readonly T[])[];

/** The tile of what `value` gives for each place. */
export function tileOf<T>(size: number, value: (row: number, column: number) => T): Tile<T> {
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column) => value(row, column)),
  );
}

/** M x M', down the columns first. */
export function transformTile(matrix: Matrix, x: Tile<Expression>): Tile<Expression> {
  return alongBothAxes(matrix, x, combine);
}

/** The same for numbers. */
export function transformNumbers(matrix: Matrix, x: Tile<number>): Tile<number> {
  return alongBothAxes(matrix, x, (row, values) =>
    row.reduce((sum, factor, at) => sum + factor * values[at]!, 0),
  );
}

function alongBothAxes<T>(
  matrix: Matrix,
  x: Tile<T>,
  combineValues: (row: readonly number[], values: readonly T[]) => T,
): Tile<T> {
  const columns = x[0]!.map((_, column) => {
    const values = x.map((row) => row[column]!);
    return matrix.map((row) => combineValues(row, values));
  });
  return matrix.map((_, point) => {
    const values = columns.map((column) => column[point]!);
    return matrix.map((row) => combineValues(row, values));
  });
}

/** Σ row[i]·values[i]: what is added first, then what is subtracted, each in ascending order. */
function combine(row: readonly number[], values: readonly Expression[]): Expression {
  const terms = (sign: number): Expression[] =>
    row.flatMap((factor, at) => (factor * sign > 0 ? [scaled(Math.abs(factor), values[at]!)] : []));
  const [first, ...added] = terms(1);
  const [firstTaken, ...taken] = terms(-1);
  const start = first ?? neg(firstTaken!);
  const sum = added.reduce((total, term) => add(total, term), start);
  return (first === undefined || firstTaken === undefined ? taken : [firstTaken, ...taken]).reduce(
    (total, term) => sub(total, term),
    sum,
  );
}

function scaled(factor: number, value: Expression): Expression {
  return factor === 1 ? value : mul(f32(factor), value);
}
