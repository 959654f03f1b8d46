/**
 * Reductions as nests. Kept axes are space axes; reduced ones are folded in memory order, in 16 lanes where the
 * last axis is among them. Reduced axes at the end count as one long axis.
 *
 * A long reduction with few results could not run in parallel, so its first reduced axis is cut into chunks, each
 * folded by itself into a partial result, and a second nest folds the partial results. The chunks follow from the
 * shape alone, so every device and any number of threads gives the same bits.
 */
import type { LowerContext } from "../../graph/define-op.ts";
import { div, f32 } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { addIndex, axisIndex, constantIndex, type Index, scaleIndex } from "../../kernel/index-expression.ts";
import type { Buffer, Nest } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type ReduceAttributes, reducedSize } from "./define-reduce.ts";

type Fold = "add" | "max" | "min";

/** `count` chunks of one axis from `begin` on, each `length` long, into the partial results from `row` on. */
interface Chunks {
  readonly axis: number;
  readonly begin: number;
  readonly count: number;
  readonly length: number;
  readonly row: number;
}

interface FoldNest {
  readonly name: string;
  readonly fold: Fold;
  readonly source: Buffer;
  readonly reduced: readonly boolean[];
  readonly target: Buffer;
  readonly chunks?: Chunks;
  /** The place in the target, from the index of each kept axis. */
  place(kept: readonly Index[]): Index[];
  finish(result: Expression): Expression;
}

/** Emits the nests of a reduction from the only input to the only output. */
export function lowerReduction(
  context: LowerContext<ReduceAttributes>,
  name: string,
  fold: Fold,
  mean: boolean,
): void {
  const { axes, keepDims } = context.attributes;
  const input = context.inputs[0]!;
  const target = context.outputs[0]!;
  const { source, reduced } = joinLastAxes(input, axes);
  const count = reducedSize(input.shape, axes);
  const place = (kept: readonly Index[]): Index[] => expandKept(input, axes, keepDims, kept);
  const finish = (result: Expression): Expression => (mean ? div(result, f32(count)) : result);
  const last = { name, fold, target, place, finish };

  const split = splitAxis(source, reduced);
  if (split === undefined) {
    context.emit(foldNest({ ...last, source, reduced }));
    return;
  }
  const keptShape = source.shape.filter((_, axis) => !reduced[axis]);
  const rows = split.reduce((sum, part) => sum + part.count, 0);
  const partial = context.temporary(`${name}Chunks`, [rows, ...keptShape], target.dtype);
  for (const chunks of split)
    context.emit(
      foldNest({
        name,
        fold,
        source,
        reduced,
        target: partial,
        chunks,
        place: (kept) => [...kept],
        finish: (x) => x,
      }),
    );
  context.emit(foldNest({ ...last, source: partial, reduced: partial.shape.map((_, axis) => axis === 0) }));
}

/** Views reduced axes at the end as one axis. */
function joinLastAxes(input: Buffer, axes: readonly number[]): { source: Buffer; reduced: boolean[] } {
  const reduced = input.shape.map((_, axis) => axes.includes(axis));
  let first = reduced.length;
  while (first > 0 && (reduced[first - 1] || input.shape[first - 1] === 1)) first--;
  const tail = input.shape.slice(first);
  if (tail.filter((size) => size > 1).length < 2 || !tail.every((_, i) => reduced[first + i]))
    return { source: input, reduced };
  return {
    source: {
      name: input.name,
      dtype: input.dtype,
      shape: [...input.shape.slice(0, first), sizeOf(tail)],
      viewOf: input,
    },
    reduced: [...reduced.slice(0, first), true],
  };
}

function expandKept(
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

/** Results that lie before the first reduced axis, or in all, from which on a reduction is parallel enough. */
const enoughRows = 16;
const enoughResults = 4096;
/** Elements a result, and in all, below which a second nest costs more than it gains. */
const longReduction = 256;
const muchWork = 32768;
/** Elements of a chunk that is folded in lanes, at least. */
const laneChunk = 1024;
const mostChunks = 64;

/** How the first reduced axis is cut; undefined where one nest does. */
function splitAxis(source: Buffer, reduced: readonly boolean[]): Chunks[] | undefined {
  const { shape } = source;
  const axes = shape.flatMap((size, axis) => (reduced[axis] && size > 1 ? [axis] : []));
  const length = axes.reduce((product, axis) => product * shape[axis]!, 1);
  const [axis] = axes;
  if (axis === undefined || length < longReduction || sizeOf(shape) < muchWork) return undefined;
  if (sizeOf(shape.slice(0, axis)) >= enoughRows || sizeOf(shape) / length > enoughResults) return undefined;
  const inLanes = axis === lastLongAxis(source);
  return inLanes && length < 2 * laneChunk ? undefined : cut(axis, shape[axis]!, inLanes);
}

function cut(axis: number, size: number, inLanes: boolean): Chunks[] {
  const length = inLanes
    ? Math.max(laneChunk, Math.ceil(size / mostChunks / 16) * 16)
    : Math.ceil(size / mostChunks);
  const count = Math.floor(size / length);
  const rest = size - count * length;
  const whole = { axis, begin: 0, count, length, row: 0 };
  return rest === 0 ? [whole] : [whole, { axis, begin: count * length, count: 1, length: rest, row: count }];
}

function lastLongAxis(source: Buffer): number {
  return source.shape.findLastIndex((size) => size > 1);
}

function foldNest({ name, fold, source, reduced, target, chunks, place, finish }: FoldNest): Nest {
  const nest = new NestBuilder(name);
  const index: Index[] = source.shape.map(() => constantIndex(0));
  const chunk = chunks && chunks.count > 1 ? axisIndex(nest.space("chunk", chunks.count)) : constantIndex(0);
  for (const [axis, size] of source.shape.entries())
    if (!reduced[axis] && size > 1) index[axis] = axisIndex(nest.space(`d${axis}`, size));
  let folded = false;
  for (const [axis, size] of source.shape.entries()) {
    if (!reduced[axis] || size === 1) continue;
    folded = true;
    if (chunks?.axis === axis) {
      const step = axisIndex(nest.reduction(`k${axis}`, chunks.length));
      index[axis] = addIndex(constantIndex(chunks.begin), scaleIndex(chunk, chunks.length), step);
    } else index[axis] = axisIndex(nest.reduction(`k${axis}`, size));
  }
  const value = nest.load(source, index);
  const lanes = reduced[lastLongAxis(source)] ?? false;
  const result = folded ? nest.reduce([{ op: fold, value }], { lanes })[0]! : value;
  const kept = place(index.filter((_, axis) => !reduced[axis]));
  const row = chunks ? [addIndex(constantIndex(chunks.row), chunk)] : [];
  nest.store(target, [...row, ...kept], finish(result));
  return nest.build();
}
