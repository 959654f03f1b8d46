import type { LowerContext } from "../../graph/define-op.ts";
import { mul } from "../../kernel/build-expression.ts";
import { axisIndex, constantIndex, type Index } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { broadcastIndex, spaceOver } from "../lower-elementwise.ts";
import type { MatmulAttributes } from "./matmul.ts";

/**
 * One nest, Out[…, m, n] = Σ_k A[…, m, k] · B[…, k, n]: n lies along vectors, k ascends. Transposed operands are
 * read with other strides. A product with one column has nothing along n, so its k runs in lanes.
 */
export function lowerMatmul({ inputs, outputs, attributes, emit }: LowerContext<MatmulAttributes>): void {
  const [a, b] = inputs as readonly [Buffer, Buffer];
  const out = outputs[0]!;
  const rank = out.shape.length;
  const depth = a.shape[a.shape.length - (attributes.transposeA ? 2 : 1)]!;

  const nest = new NestBuilder("matmul");
  const place = spaceOver(nest, out.shape);
  const [row, column] = [place[rank - 2]!, place[rank - 1]!];
  const along = depth === 1 ? constantIndex(0) : axisIndex(nest.reduction("k", depth));
  const batch = place.slice(0, -2);
  const left = nest.load(a, matrixIndex(a, batch, row, along, attributes.transposeA));
  const right = nest.load(b, matrixIndex(b, batch, along, column, attributes.transposeB));
  const value = mul(left, right);
  const lanes = out.shape[rank - 1] === 1;
  nest.store(out, place, depth === 1 ? value : nest.reduce([{ op: "add", value }], { lanes })[0]!);
  emit(nest.build());
}

function matrixIndex(
  matrix: Buffer,
  batch: readonly Index[],
  row: Index,
  column: Index,
  transposed: boolean,
): Index[] {
  const outer = broadcastIndex(matrix.shape.slice(0, -2), batch);
  return transposed ? [...outer, column, row] : [...outer, row, column];
}
