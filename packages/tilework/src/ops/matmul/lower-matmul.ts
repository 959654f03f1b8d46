import type { LowerContext } from "../../graph/define-op.ts";
import { mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, constantIndex, type Index } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { broadcastIndex, spaceOver } from "../lower-elementwise.ts";
import { sumsInLanes } from "../sums-in-lanes.ts";
import type { MatmulAttributes } from "./matmul.ts";

/** Rows that share too little of the other operand to pay for walking through it column by column. */
const FEW_ROWS = 4;
/** A sum along memory that is worth the combination of its lanes. */
const LONG_ROW = 128;
/** Elements of an operand that no near cache holds. */
const LARGE = 256 * 1024;
/** Rows of that operand that are read side by side. */
const STREAMS = 16;
/** Columns that count as one vector, on all devices. */
const LANES = 16;
/** Multiply-adds that must be under way for none to wait. */
const LATENCY = 4;

/**
 * One nest, Out[…, m, n] = Σ_k A[…, m, k] · B[…, k, n]: n lies along vectors, k ascends. Transposed operands are
 * read with other strides. A few columns fill few lanes of a vector, so their k runs in lanes where it lies in a row
 * in A; so it does where a few rows meet a transposed operand, whose memory is then read in order. Where few rows meet
 * a large operand, that is read a few rows at a time from end to end: each such chunk of k gives partial sums, which a
 * second nest adds. So are the terms of a short row, several chunks at a time: one after the other they would wait.
 */
export function lowerMatmul(context: LowerContext<MatmulAttributes>): void {
  const { inputs, outputs, attributes } = context;
  const [a, b] = inputs as readonly [Buffer, Buffer];
  const out = outputs[0]!;
  const depth = a.shape[a.shape.length - (attributes.transposeA ? 2 : 1)]!;
  const isFew = sizeOf(out.shape.slice(0, -1)) <= FEW_ROWS;
  const inLanes = hasFewColumns(context, depth);
  const mayChunk = isFew && !inLanes && b.shape.length === 2 && !attributes.transposeB;
  if (mayChunk && sizeOf(b.shape) >= LARGE && depth >= 2 * STREAMS)
    lowerInChunks(context, depth, STREAMS, true);
  else if (mayChunk && waits(out) && depth >= LONG_ROW)
    lowerInChunks(context, depth, lengthOfChunks(depth), false);
  else {
    const alongMemory = isFew && attributes.transposeB && !attributes.transposeA && depth >= LONG_ROW;
    emitProduct(context, out, { begin: 0, count: 1, length: depth, row: 0 }, alongMemory || inLanes);
  }
}

/** Whether so few columns are summed faster in lanes: both operands' k should lie in a row, or the right one is turned. */
function hasFewColumns(
  { inputs, outputs, attributes }: LowerContext<MatmulAttributes>,
  depth: number,
): boolean {
  const { shape } = outputs[0]!;
  const columns = shape.at(-1)!;
  const rows = inputs[1]!.shape.length === 2 ? sizeOf(shape.slice(0, -1)) : shape.at(-2)!;
  if (attributes.transposeA && shape.at(-2)! > 1) return false;
  if (columns === 1) return true;
  return sumsInLanes({ rows, columns, depth, run: depth, isTurned: !attributes.transposeB });
}

/** Whether a row has so few results that their multiply-adds would wait for each other. */
function waits({ shape }: Buffer): boolean {
  return sizeOf(shape.slice(0, -1)) === 1 && Math.ceil(shape.at(-1)! / LANES) < LATENCY;
}

/** Of eight to four chunks, the most that leave no rest, else five with one. */
function lengthOfChunks(depth: number): number {
  const count = [8, 7, 6, 5, 4].find((each) => depth % each === 0) ?? LATENCY + 1;
  return Math.floor(depth / count);
}

interface Chunks {
  readonly begin: number;
  readonly count: number;
  readonly length: number;
  readonly row: number;
  /** Chunks come before columns, so that the right operand is read from end to end; else after them. */
  readonly isFirst?: boolean;
}

function lowerInChunks(
  context: LowerContext<MatmulAttributes>,
  depth: number,
  length: number,
  isFirst: boolean,
): void {
  const out = context.outputs[0]!;
  const count = Math.floor(depth / length);
  const rest = depth - count * length;
  const rows = count + (rest > 0 ? 1 : 0);
  const partial = context.temporary("chunks", [rows, ...out.shape]);
  emitProduct(context, partial, { begin: 0, count, length, row: 0, isFirst }, false);
  if (rest > 0)
    emitProduct(context, partial, { begin: count * length, count: 1, length: rest, row: count }, false);
  const nest = new NestBuilder("matmul");
  const place = spaceOver(nest, out.shape);
  const value = nest.load(partial, [axisIndex(nest.reduction("chunk", rows)), ...place]);
  nest.store(out, place, nest.reduce([{ op: "add", value }])[0]!);
  context.emit(nest.build());
}

/** Emits the product over chunks of k; `target` has a row for each where there are several. */
function emitProduct(
  { inputs, outputs, attributes, emit }: LowerContext<MatmulAttributes>,
  target: Buffer,
  { begin, count, length, row: firstRow, isFirst = true }: Chunks,
  inLanes: boolean,
): void {
  const [a, b] = inputs as readonly [Buffer, Buffer];
  const { shape } = outputs[0]!;
  const nest = new NestBuilder("matmul");
  const chunks = (): number | undefined => (count > 1 ? nest.space("chunk", count) : undefined);
  const first = isFirst ? chunks() : undefined;
  const place = spaceOver(nest, shape);
  const chunk = isFirst ? first : chunks();
  const [row, column] = place.slice(-2) as [Index, Index];
  const step = length === 1 ? constantIndex(0) : axisIndex(nest.reduction("k", length));
  const start = chunk === undefined ? constantIndex(begin) : axisIndex(chunk, length, begin);
  const along = addIndex(start, step);
  const batch = place.slice(0, -2);
  const left = nest.load(a, matrixIndex(a, batch, row, along, attributes.transposeA));
  const right = nest.load(b, matrixIndex(b, batch, along, column, attributes.transposeB));
  const value = mul(left, right);
  const sum = length === 1 ? value : nest.reduce([{ op: "add", value }], { lanes: inLanes })[0]!;
  nest.store(target, target === outputs[0] ? place : [rowIndex(chunk, firstRow), ...place], sum);
  emit(nest.build());
}

function rowIndex(chunk: number | undefined, first: number): Index {
  return chunk === undefined ? constantIndex(first) : axisIndex(chunk, 1, first);
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
