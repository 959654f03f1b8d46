/**
 * An elementwise producer is computed where it is read instead of being stored. Always worth it for what costs
 * nothing (constants, broadcasts, slices of what is in memory anyway); otherwise where each element is read once.
 *
 * The consumer's index replaces the producer's axes, so no arithmetic changes.
 */
import { identityMap, type Load, loadsOf, matchDimensions } from "../../kernel/access.ts";
import type { Expression } from "../../kernel/expression.ts";
import { axesOf, constantIndex, type Index } from "../../kernel/index-expression.ts";
import { type Buffer, type Level, type Nest, type Reduction, storageOf } from "../../kernel/nest.ts";
import {
  mapExpressions,
  nodesUnder,
  replaceAxes,
  rewriter,
  shareSubexpressions,
} from "../../kernel/rewrite.ts";
import { joinOrigins } from "./fuse-epilogue.ts";
import { asLoaded, BufferTable, compactNest, keepRounding } from "./merge-nests.ts";
import type { Item, NestList } from "./nest-list.ts";
import { readsOnce } from "./reads-once.ts";

/** Elementwise operations that may be repeated for several readers rather than stored. */
const repeatable = 3;

/** Tries to inline the producer into all its readers; then it is gone. */
export function inlineProducer(list: NestList, producer: Item): boolean {
  const { nest } = producer;
  if (nest.levels.length > 0 || nest.guards.length > 0 || nest.stores.length !== 1) return false;
  const store = nest.stores[0]!;
  const buffer = nest.buffers[store.buffer]!;
  const storage = storageOf(buffer);
  if (list.kept.has(storage) || list.writersOf(storage).length !== 1) return false;
  const dimensionOf = identityMap(nest, buffer, store.index, nest.space);
  if (dimensionOf === undefined) return false;
  const readers = list.readersOf(storage);
  if (readers.length > 1 && isComputed(store.value) && mayBeEpilogue(list, producer)) return false;
  const merged: [Item, Nest][] = [];
  for (const reader of readers) {
    if (!isWorthwhile(nest, store.value, reader.nest, storage, readers.length)) return false;
    const next = inlineInto(reader.nest, nest, store.value, buffer, dimensionOf);
    if (next === undefined) return false;
    merged.push([reader, next]);
  }
  for (const [reader, next] of merged) {
    const name = isComputed(store.value) ? `${nest.name}+${next.name}` : next.name;
    list.replace(reader, { ...next, name });
    if (!isConstant(store.value)) reader.origin = joinOrigins(producer.origin, reader.origin);
  }
  list.remove(producer);
  return true;
}

/** Whether a nest that computes its operand can do its work beside: better than anew in each reader. */
function mayBeEpilogue(list: NestList, producer: Item): boolean {
  const { nest } = producer;
  const long = loadsOf(nest).filter((load) => isLong(nest, load));
  const others = [...producer.reads].flatMap((storage) => list.writersOf(storage));
  return long.some((load) => {
    const writer = list.onlyWriterOf(storageOf(nest.buffers[load.buffer]!));
    if (writer === undefined || (writer.nest.levels.length === 0 && writer.nest.stores.length === 1))
      return false;
    const at = list.items.indexOf(writer);
    return others.every((other) => list.items.indexOf(other) <= at);
  });
}

function isConstant(value: Expression): boolean {
  return nodesUnder([value]).every((node) => node.kind !== "load");
}

/** Whether it is more than an element of memory or a constant. */
function isComputed(value: Expression): boolean {
  return nodesUnder([value]).some((node) => node.kind !== "load" && node.kind !== "constant");
}

function isWorthwhile(
  producer: Nest,
  value: Expression,
  reader: Nest,
  storage: Buffer,
  readers: number,
): boolean {
  const nodes = nodesUnder([value]);
  const loads = nodes.filter((node): node is Load => node.kind === "load");
  const operations = nodes.filter((node) => node.kind !== "load" && node.kind !== "constant").length;
  if (loads.length === 0 && operations === 0) return true;
  const once = loadsOf(reader).every((load) => !reads(reader, load, storage) || readsOnce(reader, load));
  const isCheap = operations <= repeatable && loads.filter((load) => isLong(producer, load)).length <= 1;
  if (reader.levels.length === 0) return (readers === 1 && once) || isCheap;
  if (changesInnermostAxis(producer, loads)) return false;
  if (operations === 0 && loads.every((load) => load.fill === undefined)) return true;
  return (readers === 1 || isCheap) && once;
}

/** Whether the load brings as many elements as the producer computes; others (a channel's mean) stay in the cache. */
function isLong(producer: Nest, load: Load): boolean {
  return producer.space.every(
    (axis) =>
      producer.axes[axis]!.size === 1 ||
      load.index.some((index) => "dynamic" in index || axesOf(index).has(axis)),
  );
}

function reads(nest: Nest, load: Load, storage: Buffer): boolean {
  return storageOf(nest.buffers[load.buffer]!) === storage;
}

/** A transposed read would make a reduction's contiguous loads strided: better copied once. */
function changesInnermostAxis(producer: Nest, loads: readonly Load[]): boolean {
  const innermost = producer.space[producer.space.length - 1];
  if (innermost === undefined || producer.axes[innermost]!.size === 1) return false;
  return loads.some((load) =>
    load.index.some(
      (index, at) =>
        "dynamic" in index ||
        (at < load.index.length - 1 && index.terms.some((term) => term.axis === innermost)) ||
        index.terms.some((term) => term.axis === innermost && (!("stride" in term) || term.stride !== 1)),
    ),
  );
}

function inlineInto(
  reader: Nest,
  producer: Nest,
  value: Expression,
  buffer: Buffer,
  dimensionOf: ReadonlyMap<number, number>,
): Nest | undefined {
  const table = new BufferTable(reader.buffers);
  const adopted = asLoaded(table.adopt(producer)(value), buffer.dtype);
  let possible = true;
  const byIndex = new Map<string, Expression>();
  const inlined = (load: Load): Expression => {
    const shape = table.buffers[load.buffer]!.shape;
    const key = JSON.stringify([load.index, shape]);
    const known = byIndex.get(key);
    if (known !== undefined) return known;
    const dimensions = matchDimensions(buffer.shape, shape)!;
    const replace = (axis: number): Index => {
      const dimension = dimensionOf.get(axis);
      const loaded = dimension === undefined ? undefined : dimensions.get(dimension);
      return loaded === undefined ? constantIndex(0) : (load.index[loaded] as Index);
    };
    const moved = load.index.some((index) => "dynamic" in index) ? undefined : replaceAxes(replace)(adopted);
    if (moved === undefined) possible = false;
    byIndex.set(key, moved ?? load);
    return moved ?? load;
  };
  const storage = storageOf(buffer);
  const replaceLoads = rewriter((expression) => {
    if (expression.kind !== "load" || storageOf(table.buffers[expression.buffer]!) !== storage)
      return expression;
    const { shape } = table.buffers[expression.buffer]!;
    if (matchDimensions(buffer.shape, shape) === undefined || expression.fill !== undefined) possible = false;
    return possible ? inlined(expression) : expression;
  });
  const mapped = mapExpressions(reader, replaceLoads);
  if (!possible) return undefined;
  const levels = mapped.levels.map((level, at): Level => {
    const before = reader.levels[at]!.reductions;
    const keep = (reduction: Reduction, slot: number): Reduction => ({
      ...reduction,
      value: keepRounding(before[slot]!, reduction.value),
    });
    return { ...level, reductions: level.reductions.map(keep) };
  });
  return compactNest(shareSubexpressions({ ...mapped, levels, buffers: table.buffers }));
}
