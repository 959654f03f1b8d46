/**
 * Lays the shared operand of a contraction out as its kernel reads it.
 *
 * In `Out[m, n] = Σ A[m, k]·B[k, n]` a kernel computes a block of columns at a time, so it reads B as panels: all k
 * of the first block, all k of the next. Where B lies otherwise (a convolution's weights, filters innermost), its
 * panels are spread over memory, and every row of the tile walks through all of them. A copy nest gathers them into
 * `[block][k…][column in block]`, for each matrix of a batch; a B stored transposed is laid out on the way. The contraction then runs over two axes in place of n. No arithmetic changes.
 */
import { type Load, plainAxis } from "../kernel/access.ts";
import type { Expression } from "../kernel/expression.ts";
import {
  addIndex,
  axesOf,
  axisIndex,
  type Index,
  scaleIndex,
  substitute,
} from "../kernel/index-expression.ts";
import type { Buffer, Guard, Nest } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import { expressionsOf, mapExpressions, nodesUnder, replaceAxes, rewriter } from "../kernel/rewrite.ts";
import { sizeOf } from "../tensor/shape.ts";
import { compactNest } from "./fusion/merge-nests.ts";
import type { OriginNest } from "./lower.ts";
import type { Schedule } from "./schedule.ts";

/** The panels must be read at least this often to pay for the copy; a batch of products has as many operands as products. */
export const fewestReads = 32;
const fewestReadsOfBatch = 200;

export interface PackingTarget {
  readonly lanes: number;
}

/** The nests with a packing nest before each contraction that gains by one. */
export function packOperands(
  nests: readonly OriginNest[],
  target: PackingTarget,
  scheduleOf: (nest: Nest) => Schedule,
): OriginNest[] {
  return nests.flatMap(({ nest, origin }) => {
    const packed = packOperand(nest, target, scheduleOf(nest));
    return packed === undefined ? [{ nest, origin }] : packed.map((part) => ({ nest: part, origin }));
  });
}

/** How an operand becomes panels: `[batch…, block, summed…, column in block]`. */
interface Panels {
  /** The axis of the columns. */
  readonly axis: number;
  /** Space axes along which both operands move: a product of matrices for each. */
  readonly batch: readonly number[];
  readonly summed: readonly number[];
  readonly source: Buffer;
  readonly packed: Buffer;
}

function packOperand(nest: Nest, { lanes }: PackingTarget, schedule: Schedule): [Nest, Nest] | undefined {
  const axis = schedule.vectorAxis;
  if (axis === undefined || !nest.space.includes(axis)) return undefined;
  const load = packableLoad(nest, axis);
  if (load === undefined) return undefined;
  const columns = nest.axes[axis]!.size;
  const isContiguous = plainAxis(load.index.at(-1)!) === axis;
  const widths = isContiguous ? [schedule.vectors] : [4, 2, 1];
  const block = widths.map((vectors) => vectors * lanes).find((width) => columns % width === 0) ?? columns;
  if (isContiguous && columns <= block) return undefined;
  const batch = nest.space.filter((candidate) => candidate !== axis && usesAxis(load, candidate));
  const summed = nest.levels[0]!.axes.filter((candidate) => usesAxis(load, candidate));
  const sizes = (axes: readonly number[]): number[] => axes.map((candidate) => nest.axes[candidate]!.size);
  const shape = [...sizes(batch), columns / block, ...sizes(summed), block];
  const readers = [...nest.space, ...nest.levels.slice(1).flatMap((level) => level.axes)];
  const reads = sizeOf(sizes(readers.filter((reader) => reader !== axis && !batch.includes(reader))));
  if (reads < (batch.length > 0 ? fewestReadsOfBatch : fewestReads)) return undefined;
  const source = nest.buffers[load.buffer]!;
  const packed: Buffer = { name: `${source.name}.panels`, dtype: source.dtype, shape };
  const panels: Panels = { axis, batch, summed, source, packed };
  const copy = copyNest(nest, load, panels);
  const contraction = readPacked(nest, load, panels);
  return copy === undefined || contraction === undefined ? undefined : [copy, contraction];
}

/**
 * The factor of the summed product that depends on the columns and the summed axes; on other axes only where the other
 * factor does too.
 */
function packableLoad(nest: Nest, axis: number): Load | undefined {
  const [level] = nest.levels;
  const [reduction] = level?.reductions ?? [];
  if (level === undefined || level.lanes || level.reductions.length !== 1 || reduction?.op !== "add")
    return undefined;
  const { value } = reduction;
  if (value.kind !== "binary" || value.op !== "mul") return undefined;
  const pairs: [Expression, Expression][] = [
    [value.x, value.y],
    [value.y, value.x],
  ];
  return pairs.find(
    ([factor, other]) => isPanel(nest, factor, other, axis) && !variesAlong(other, axis),
  )?.[0] as Load | undefined;
}

function isPanel(nest: Nest, factor: Expression, other: Expression, axis: number): boolean {
  if (factor.kind !== "load" || factor.fill !== undefined) return false;
  if (factor.index.some((index) => "dynamic" in index)) return false;
  const axes = new Set(factor.index.flatMap((index) => [...axesOf(index as Index)]));
  if (!factor.index.some((index) => plainAxis(index) === axis) || axes.size < 2) return false;
  const isShared = (candidate: number): boolean =>
    nest.space.includes(candidate) &&
    factor.index.some((index) => plainAxis(index) === candidate) &&
    variesAlong(other, candidate);
  return [...axes].every(
    (candidate) => candidate === axis || nest.levels[0]!.axes.includes(candidate) || isShared(candidate),
  );
}

/** Whether anything under the expression moves with the axis: then the columns share nothing. */
function variesAlong(expression: Expression, axis: number): boolean {
  return nodesUnder([expression]).some((node) => node.kind === "load" && usesAxis(node, axis));
}

function usesAxis(load: Load, axis: number): boolean {
  return load.index.some((index) => !("dynamic" in index) && axesOf(index).has(axis));
}

function copyNest(nest: Nest, load: Load, { axis, batch, summed, source, packed }: Panels): Nest | undefined {
  const copy = new NestBuilder(`pack ${source.name}`);
  const places = new Map<number, Index>();
  const keep = (old: number): void => {
    places.set(old, axisIndex(copy.space(nest.axes[old]!.name, nest.axes[old]!.size)));
  };
  batch.forEach(keep);
  const block = axisIndex(copy.space("block", packed.shape[batch.length]!));
  summed.forEach(keep);
  const width = packed.shape.at(-1)!;
  const column = axisIndex(copy.space("column", width));
  places.set(axis, addIndex(scaleIndex(block, width), column));
  const from = load.index.map((index) => substitute(index as Index, (old) => places.get(old)!));
  if (from.some((index) => index === undefined)) return undefined;
  const placesOf = (axes: readonly number[]): Index[] => axes.map((old) => places.get(old)!);
  const to = [...placesOf(batch), block, ...placesOf(summed), column];
  copy.store(packed, to, copy.load(source, from as Index[]));
  return copy.build();
}

/** The contraction with its column axis split in block and column in block, reading the panels. */
function readPacked(nest: Nest, load: Load, { axis, batch, summed, packed }: Panels): Nest | undefined {
  const width = packed.shape.at(-1)!;
  const block = nest.axes.length;
  const column = block + 1;
  const split = addIndex(axisIndex(block, width), axisIndex(column));
  const replace = (old: number): Index => (old === axis ? split : axisIndex(old));
  const panels: Expression = {
    kind: "load",
    buffer: nest.buffers.length,
    index: [
      ...batch.map((old) => axisIndex(old)),
      axisIndex(block),
      ...summed.map((old) => axisIndex(old)),
      axisIndex(column),
    ],
  };
  const usePanels = rewriter((expression) => (expression === load ? panels : expression));
  const withPanels = mapExpressions(nest, usePanels);
  const move = replaceAxes(replace);
  const moved = expressionsOf(withPanels).map((expression) => move(expression));
  const indices = [
    ...nest.guards.map((guard) => guard.index),
    ...nest.stores.flatMap((store) => store.index),
  ];
  if (moved.includes(undefined) || indices.some((index) => substitute(index, replace) === undefined))
    return undefined;
  const moveIndex = (index: Index): Index => substitute(index, replace)!;
  const mapped = mapExpressions(withPanels, (expression) => move(expression)!);
  const space = nest.space.flatMap((old) => (old === axis ? [block, column] : [old]));
  return compactNest({
    ...mapped,
    buffers: [...nest.buffers, packed],
    axes: [
      ...nest.axes,
      { name: `${nest.axes[axis]!.name}Block`, size: packed.shape[batch.length]! },
      { name: nest.axes[axis]!.name, size: width },
    ],
    space,
    guards: nest.guards.map((guard): Guard => ({ ...guard, index: moveIndex(guard.index) })),
    stores: mapped.stores.map((store) => ({ ...store, index: store.index.map(moveIndex) })),
  });
}
