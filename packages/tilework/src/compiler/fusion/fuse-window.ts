/**
 * A pooling window moves into the nest that computes its elements: the convolution's results are pooled in
 * registers, as a second reduction level, and the full-resolution result never reaches memory.
 *
 * Only for windows that do not overlap (else results would be computed twice) and that are small enough to stand
 * in registers. Elements that no window reads are not computed at all. No arithmetic changes.
 */
import { identityMap, type Load, loadsOf } from "../../kernel/access.ts";
import type { Expression } from "../../kernel/expression.ts";
import { axesOf, constantIndex, type Index, rangeOf, substitute } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { type Guard, type Level, type Nest, type Store, storageOf } from "../../kernel/nest.ts";
import { nodesUnder, replaceAxes, rewriter, shareSubexpressions } from "../../kernel/rewrite.ts";
import { joinOrigins } from "./fuse-epilogue.ts";
import { asLoaded, BufferTable, compactNest, keepRounding } from "./merge-nests.ts";
import type { Item, NestList } from "./nest-list.ts";

/** A window of more elements would not leave registers for a tile of the convolution. */
const largestWindow = 9;

/** Tries to move the single writer of `storage` under the windows of `pooling`. */
export function fuseWindow(list: NestList, pooling: Item, storage: Buffer): boolean {
  const [producer, ...others] = list.writersOf(storage);
  if (producer === undefined || others.length > 0 || list.isNeeded(storage, pooling)) return false;
  const store = producer.nest.stores[0]!;
  if (
    producer.nest.stores.length !== 1 ||
    !hasOnePlainLevel(producer.nest) ||
    !hasOnePlainLevel(pooling.nest)
  )
    return false;
  if (!producer.nest.levels[0]!.reductions.every((reduction) => reduction.op === "add")) return false;
  const loads = loadsOf(pooling.nest).filter(
    (load) => storageOf(pooling.nest.buffers[load.buffer]!) === storage,
  );
  const [load] = loads;
  if (load === undefined || loads.length > 1 || !hasDisjointWindows(pooling.nest, load)) return false;
  if (pooling.nest.buffers[load.buffer] !== producer.nest.buffers[store.buffer]) return false;
  if (writtenBetween(list, producer, pooling)) return false;
  const merged = mergeWindow(producer.nest, store, pooling.nest, load);
  if (merged === undefined) return false;
  const origin = joinOrigins(producer.origin, pooling.origin);
  list.remove(producer);
  list.replace(pooling, merged);
  pooling.origin = origin;
  return true;
}

function hasOnePlainLevel(nest: Nest): boolean {
  return nest.levels.length === 1 && !nest.levels[0]!.lanes;
}

/** Whether anything that the producer reads is written in place on the way to the pooling. */
function writtenBetween(list: NestList, producer: Item, pooling: Item): boolean {
  const between = list.items.slice(list.items.indexOf(producer) + 1, list.items.indexOf(pooling));
  return between.some((item) => [...item.writes].some((storage) => producer.reads.has(storage)));
}

/** Each element belongs to one of several windows at most; windows do not extend along the innermost dimension. */
function hasDisjointWindows(nest: Nest, load: Load): boolean {
  const level = nest.levels[0]!;
  const elements = level.axes.reduce((product, axis) => product * nest.axes[axis]!.size, 1);
  if (load.fill !== undefined || elements > largestWindow) return false;
  if (nodesUnder(nest.stores.map((store) => store.value)).includes(load)) return false;
  if (
    !level.axes.every((axis) => load.index.some((index) => !("dynamic" in index) && axesOf(index).has(axis)))
  )
    return false;
  return load.index.every((index, dimension) => {
    if ("dynamic" in index) return false;
    const inWindow = index.terms.filter((term) => level.axes.includes(term.axis));
    const outside = index.terms.filter((term) => !level.axes.includes(term.axis));
    if (index.terms.some((term) => "table" in term) || outside.length > 1) return false;
    if (inWindow.length === 0) return true;
    if (dimension === load.index.length - 1 || outside.length === 0) return false;
    const extent = rangeOf({ offset: 0, terms: inWindow }, (axis) => nest.axes[axis]!.size);
    return extent.max - extent.min < (outside[0] as { stride: number }).stride;
  });
}

function mergeWindow(producer: Nest, store: Store, pooling: Nest, load: Load): Nest | undefined {
  const dimensionOf = identityMap(producer, producer.buffers[store.buffer]!, store.index, producer.space);
  if (dimensionOf === undefined) return undefined;
  const shift = pooling.axes.length;
  const replace = (axis: number): Index => {
    if (!producer.space.includes(axis)) return { offset: 0, terms: [{ axis: axis + shift, stride: 1 }] };
    const dimension = dimensionOf.get(axis);
    return dimension === undefined ? constantIndex(0) : (load.index[dimension] as Index);
  };
  const move = replaceAxes(replace);
  const inner = producer.levels[0]!;
  const values = inner.reductions.map((reduction) => move(reduction.value));
  const result = move(store.value);
  const guards = producer.guards.map((guard) => ({
    size: guard.size,
    index: substitute(guard.index, replace),
  }));
  if (result === undefined || values.includes(undefined) || guards.some((guard) => guard.index === undefined))
    return undefined;
  if (guards.some((guard) => axesOf(guard.index!).size === 0)) return undefined;
  const table = new BufferTable(pooling.buffers);
  const adopt = table.adopt(producer);
  const element = asLoaded(adopt(result), producer.buffers[store.buffer]!.dtype);
  const useElement = rewriter((expression) => (expression === load ? element : expression));
  const raise = rewriter((expression) =>
    expression.kind === "accumulator" ? { ...expression, level: 1 } : expression,
  );
  const levels: Level[] = [
    {
      ...inner,
      axes: inner.axes.map((axis) => axis + shift),
      reductions: inner.reductions.map((reduction, at) => ({
        ...reduction,
        value: adopt(values[at] as Expression),
      })),
    },
    {
      ...pooling.levels[0]!,
      reductions: pooling.levels[0]!.reductions.map((reduction) => ({
        ...reduction,
        value: keepRounding(reduction, useElement(reduction.value)),
      })),
    },
  ];
  const merged: Nest = {
    name: `${producer.name}+${pooling.name}`,
    buffers: table.buffers,
    axes: [...pooling.axes, ...producer.axes],
    space: pooling.space,
    guards: [...pooling.guards, ...(guards as Guard[])],
    levels,
    stores: pooling.stores.map((old) => ({ ...old, value: raise(old.value) })),
  };
  return compactNest(shareSubexpressions(merged));
}
