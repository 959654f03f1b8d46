/**
 * How a reduction is cut. A long one with few results could not run in parallel, so its first reduced axis is cut
 * into chunks, each folded by itself into a row of partial results, and a second nest folds the rows. Where the
 * results are fewer than the registers that hide an addition's latency, the next reduced axis is cut in parts
 * that are folded side by side. All follows from the shape alone, so every device and any number of threads gives
 * the same bits.
 */
import { addIndex, axisIndex, constantIndex, type Index, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import type { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";

/** What is reduced, and for each of its axes whether it goes. */
export interface Reduced {
  readonly source: Buffer;
  readonly reduced: readonly boolean[];
}

/** `count` chunks of one axis from `begin` on, each `length` long, into the partial results from `row` on. */
export interface Chunks {
  readonly axis: number;
  readonly begin: number;
  readonly count: number;
  readonly length: number;
  readonly row: number;
}

export interface Cut {
  /** Equally long chunks; a shorter one for the rest. */
  readonly chunks: readonly Chunks[];
  readonly rows: number;
  /** The reduced axis behind, of which each row has `parts` equal parts; 1 part where it is not cut. */
  readonly partAxis: number;
  readonly parts: number;
}

/** The operand with its reduced axes at the end viewed as one axis. */
export function joinLastAxes(input: Buffer, axes: readonly number[]): Reduced {
  const reduced = input.shape.map((_, axis) => axes.includes(axis));
  let first = reduced.length;
  while (first > 0 && (reduced[first - 1] || input.shape[first - 1] === 1)) first--;
  const tail = input.shape.slice(first);
  if (tail.filter((size) => size > 1).length < 2 || !tail.every((_, i) => reduced[first + i]))
    return { source: input, reduced };
  const shape = [...input.shape.slice(0, first), sizeOf(tail)];
  const source = { name: input.name, dtype: input.dtype, shape, viewOf: input };
  return { source, reduced: [...reduced.slice(0, first), true] };
}

/** Results that lie before the first reduced axis, or in all, from which on a reduction is parallel enough. */
const enoughRows = 16;
const enoughResults = 4096;
/** Elements a result, and in all, below which a second nest costs more than it gains. */
const longReduction = 256;
const muchWork = 32768;
/** Elements of a chunk that is folded in lanes, at least. */
const laneChunk = 1024;
const mostChunks = 64;
/** Results from which on a sum needs no parts, and how many there are at most. */
const manyResults = 64;
const mostParts = 4;
/** Elements that a part folds into each result, at least. */
const shortestPart = 16;

/** How the reduction is cut; undefined where one nest does. */
export function cutReduction({ source, reduced }: Reduced): Cut | undefined {
  const { shape } = source;
  const axes = shape.flatMap((size, axis) => (reduced[axis] && size > 1 ? [axis] : []));
  const length = axes.reduce((product, axis) => product * shape[axis]!, 1);
  const [axis, partAxis] = axes;
  if (axis === undefined || length < longReduction || sizeOf(shape) < muchWork) return undefined;
  const results = sizeOf(shape) / length;
  if (sizeOf(shape.slice(0, axis)) >= enoughRows || results > enoughResults) return undefined;
  const inLanes = axis === lastLongAxis(source);
  if (inLanes && length < 2 * laneChunk) return undefined;
  const perPlace = length / shape[axis]!;
  const chunks = cutAxis(axis, shape[axis]!, inLanes ? laneChunk : Math.ceil(shortestPart / perPlace));
  const rows = chunks.reduce((sum, { count }) => sum + count, 0);
  if (partAxis === undefined || partAxis === lastLongAxis(source))
    return { chunks, rows, partAxis: axis, parts: 1 };
  const most = Math.min(mostParts, Math.ceil(manyResults / results), perPlace / shortestPart);
  return { chunks, rows, partAxis, parts: largestDivisor(shape[partAxis]!, most) };
}

/** At most 64 chunks; in lanes whole vectors of them. */
function cutAxis(axis: number, size: number, shortest: number): Chunks[] {
  const even = Math.ceil(size / mostChunks);
  const length =
    shortest === laneChunk ? Math.max(laneChunk, Math.ceil(even / 16) * 16) : Math.max(shortest, even);
  const count = Math.floor(size / length);
  const rest = size - count * length;
  const whole = { axis, begin: 0, count, length, row: 0 };
  return rest === 0 ? [whole] : [whole, { axis, begin: count * length, count: 1, length: rest, row: count }];
}

function largestDivisor(size: number, most: number): number {
  for (let divisor = Math.floor(most); divisor > 1; divisor--) if (size % divisor === 0) return divisor;
  return 1;
}

function lastLongAxis(source: Buffer): number {
  return source.shape.findLastIndex((size) => size > 1);
}

/** Whether the reduction runs along contiguous memory. */
export function isInLanes({ source, reduced }: Reduced): boolean {
  return reduced[lastLongAxis(source)] ?? false;
}

/** Where a nest over a reduction's operand stands. */
export interface ReductionPlace {
  /** The place in the operand. */
  readonly index: readonly Index[];
  /** Of these, the ones of the axes that stay. */
  readonly kept: readonly Index[];
  /** The row of partial results, and the part of it where there are several; empty without a cut. */
  readonly row: readonly Index[];
  /** How many elements go into one result. */
  readonly count: number;
  /** Whether there is any reduction axis. */
  readonly folds: boolean;
}

/**
 * Declares the axes of a nest over the operand: chunks, parts and kept axes as space, the others as reduction. A
 * `sampled` nest visits only the first eighth of its slowest reduction axis.
 */
export function reductionPlace(
  nest: NestBuilder,
  { source, reduced }: Reduced,
  cut?: Cut,
  chunks?: Chunks,
  sampled = false,
): ReductionPlace {
  const index: Index[] = source.shape.map(() => constantIndex(0));
  const chunk = chunks && chunks.count > 1 ? axisIndex(nest.space("chunk", chunks.count)) : constantIndex(0);
  const parts = cut?.parts ?? 1;
  const part = parts > 1 ? axisIndex(nest.space("part", parts)) : constantIndex(0);
  for (const [axis, size] of source.shape.entries())
    if (!reduced[axis] && size > 1) index[axis] = axisIndex(nest.space(`d${axis}`, size));
  let count = 1;
  let folds = false;
  let mayThin = sampled;
  for (const [axis, size] of source.shape.entries()) {
    if (!reduced[axis] || size === 1) continue;
    folds = true;
    const isChunk = chunks?.axis === axis;
    const length = isChunk ? chunks.length : parts > 1 && cut?.partAxis === axis ? size / parts : size;
    const start = isChunk
      ? addIndex(constantIndex(chunks.begin), scaleIndex(chunk, length))
      : length < size
        ? scaleIndex(part, length)
        : constantIndex(0);
    const visited = mayThin && length > 1 ? Math.ceil(length / sampleEvery) : length;
    if (length > 1) mayThin = false;
    count *= visited;
    index[axis] = addIndex(start, axisIndex(nest.reduction(`k${axis}`, visited)));
  }
  const kept = index.filter((_, axis) => !reduced[axis]);
  const row = chunks ? [addIndex(constantIndex(chunks.row), chunk), ...(parts > 1 ? [part] : [])] : [];
  return { index, kept, row, count, folds };
}

/** A sample is this part of the elements. */
const sampleEvery = 8;

/** The shape of the partial results. */
export function partialShape({ source, reduced }: Reduced, { rows, parts }: Cut): number[] {
  const kept = source.shape.filter((_, axis) => !reduced[axis]);
  return [rows, ...(parts > 1 ? [parts] : []), ...kept];
}

/** The place in a result that keeps reduced axes with size 1, or drops them. */
export function expandKept(
  input: Buffer,
  axes: readonly number[],
  keepDims: boolean,
  kept: readonly Index[],
): Index[] {
  const rest = [...kept];
  return input.shape.flatMap((_, axis) => {
    if (!axes.includes(axis)) return [rest.shift()!];
    return keepDims ? [constantIndex(0)] : [];
  });
}
