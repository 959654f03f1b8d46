import { applyOp, type OpDefinition } from "../../graph/define-op.ts";
import type { TensorType, Value } from "../../graph/value.ts";
import { formatShape, type Shape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { sumToShape } from "../reduce/sum-to-shape.ts";
import { reshape } from "../shape/reshape.ts";
import { broadcastShapes, requireDtype, requireRank } from "../shape-rules.ts";
import { lowerMatmul } from "./lower-matmul.ts";
import { referenceMatmul } from "./reference-matmul.ts";

export interface MatmulAttributes {
  /** The left matrices are stored transposed, (…, k, m). */
  readonly transposeA: boolean;
  /** The right matrices are stored transposed, (…, n, k). */
  readonly transposeB: boolean;
}

const definition: OpDefinition<MatmulAttributes> = {
  name: "matmul",
  kernelInput: ({ transposeB }) => (transposeB ? undefined : 1),
  infer: ([a, b], attributes) => [inferMatmul(a!, b!, attributes)],
  gradient: ({ inputs: [a, b], upstream: [upstream], attributes }) => [
    gradientByA(a!, b!, upstream!, attributes),
    gradientByB(a!, b!, upstream!, attributes),
  ],
  lower: lowerMatmul,
  reference: ([a, b], attributes, [type]) => [referenceMatmul(a!, b!, type!.shape, attributes)],
};

/**
 * Products of matrices in the last two axes, (…, m, k) with (…, k, n) to (…, m, n); the axes before them
 * broadcast.
 */
export const matmul: Callable<
  (a: Value, b: Value, options?: Partial<MatmulAttributes>) => Value,
  MatmulAttributes
> = callable(
  definition,
  (a: Value, b: Value, { transposeA = false, transposeB = false } = {}) =>
    applyOp(definition, [a, b], { transposeA, transposeB })[0]!,
);

function inferMatmul(a: TensorType, b: TensorType, { transposeA, transposeB }: MatmulAttributes): TensorType {
  for (const [what, x] of [
    ["left matrix", a],
    ["right matrix", b],
  ] as const) {
    requireDtype("matmul", x, ["float32"], what);
    requireRank("matmul", x, 2, what);
  }
  const [m, k] = matrixSize(a.shape, transposeA);
  const [otherK, n] = matrixSize(b.shape, transposeB);
  if (k !== otherK)
    throw new ShapeError(
      `matmul: ${describe(a.shape, transposeA)} and ${describe(b.shape, transposeB)} do not fit: ` +
        `the left one has ${k} columns, so the right one needs ${k} rows, not ${otherK}`,
    );
  return {
    shape: [...broadcastShapes("matmul", [a.shape.slice(0, -2), b.shape.slice(0, -2)]), m, n],
    dtype: a.dtype,
  };
}

function matrixSize(shape: Shape, transposed: boolean): [rows: number, columns: number] {
  const [first, second] = [shape[shape.length - 2]!, shape[shape.length - 1]!];
  return transposed ? [second, first] : [first, second];
}

function describe(shape: Shape, transposed: boolean): string {
  return formatShape(shape) + (transposed ? " transposed" : "");
}

function gradientByA(
  a: Value,
  b: Value,
  upstream: Value,
  { transposeA, transposeB }: MatmulAttributes,
): Value {
  const gradient = transposeA
    ? matmul(b, upstream, { transposeA: transposeB, transposeB: true })
    : matmul(upstream, b, { transposeB: !transposeB });
  return sumToShape(gradient, a.shape);
}

function gradientByB(
  a: Value,
  b: Value,
  upstream: Value,
  { transposeA, transposeB }: MatmulAttributes,
): Value {
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    const rows = (x: Value): Value => reshape(x, [-1, x.shape[x.shape.length - 1]!]);
    return gradientByB(rows(a), b, rows(upstream), { transposeA, transposeB });
  }
  const gradient = transposeB
    ? matmul(upstream, a, { transposeA: true, transposeB: transposeA })
    : matmul(a, upstream, { transposeA: !transposeA });
  return sumToShape(gradient, b.shape);
}
