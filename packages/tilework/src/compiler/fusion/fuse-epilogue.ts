/**
 * An elementwise consumer moves into the nest that produces its operand: what was stored there is used at once,
 * in registers, by the consumer's stores.
 *
 * The consumer must be elementwise and read the storage at the very point that it computes (its index there is
 * the plain list of its axes). Then its axes are replaced by the producer's store index, whatever that is. No
 * arithmetic changes: the value in the register is the value that memory would have kept.
 */
import { identityMap, loadsOf, matchDimensions } from "../../kernel/access.ts";
import type { Expression, LoadIndex } from "../../kernel/expression.ts";
import { constantIndex, type Index } from "../../kernel/index-expression.ts";
import { type Buffer, type Nest, type Store, storageOf } from "../../kernel/nest.ts";
import { replaceAxes, rewriter, shareSubexpressions } from "../../kernel/rewrite.ts";
import { asLoaded, BufferTable, compactNest } from "./merge-nests.ts";
import type { Item, NestList } from "./nest-list.ts";
import { reshapeElementwise } from "./reshape-elementwise.ts";

/** Tries to move the whole of `consumer` into the writer of `storage`, or into all that write a part of it. */
export function fuseEpilogue(list: NestList, consumer: Item, storage: Buffer): boolean {
  const [producer, ...others] = list.writersOf(storage);
  if (producer === undefined || producer === consumer || others.includes(consumer)) return false;
  if (consumer.nest.levels.length > 0 || consumer.nest.guards.length > 0) return false;
  return others.length > 0
    ? fuseIntoParts(list, [producer, ...others], consumer, storage)
    : fuseIntoWhole(list, producer, consumer, storage);
}

function fuseIntoWhole(list: NestList, producer: Item, consumer: Item, storage: Buffer): boolean {
  if (list.isRefused(consumer.nest, producer.nest, storage)) return false;
  const at = mergedPosition(list, producer, consumer);
  if (at === undefined) return false;
  const merged = merge(list, producer.nest, consumer, storage);
  if (merged === undefined) {
    list.refuse(consumer.nest, producer.nest, storage);
    return false;
  }
  const target = at === "producer" ? producer : consumer;
  const gone = at === "producer" ? consumer : producer;
  const origin = joinOrigins(producer.origin, consumer.origin);
  list.remove(gone);
  list.replace(target, merged);
  target.origin = origin;
  return true;
}

/** Each writer does the consumer's work on its part, if all else that the consumer reads is there before. */
function fuseIntoParts(list: NestList, producers: readonly Item[], consumer: Item, storage: Buffer): boolean {
  const [first] = producers;
  if (list.isRefused(consumer.nest, first!.nest, storage)) return false;
  const at = Math.min(...producers.map((producer) => list.items.indexOf(producer)));
  const between = list.items.slice(at, list.items.indexOf(consumer));
  const isLate = between.some(({ writes }) =>
    [...writes].some((written) => written !== storage && consumer.reads.has(written)),
  );
  const merged = isLate ? [] : producers.map(({ nest }) => merge(list, nest, consumer, storage));
  if (isLate || merged.includes(undefined)) {
    list.refuse(consumer.nest, first!.nest, storage);
    return false;
  }
  list.remove(consumer);
  producers.forEach((producer, part) => {
    list.replace(producer, merged[part]!);
    producer.origin = joinOrigins(producer.origin, consumer.origin);
  });
  return true;
}

/** Undefined where the shapes do not fit, wherever the two stand. */
function merge(list: NestList, producer: Nest, consumer: Item, storage: Buffer): Nest | undefined {
  const stores = producer.stores.filter((store) => storageOf(producer.buffers[store.buffer]!) === storage);
  if (stores.length === 0) return undefined;
  const buffer = producer.buffers[stores[0]!.buffer]!;
  const fitted = fitShape(consumer.nest, storage, buffer, producer);
  const replacement = fitted && axesByDimension(fitted, storage, buffer);
  if (fitted === undefined || replacement === undefined) return undefined;
  const places = stores.map(({ index }) => (axis: number): Index => {
    const dimension = replacement.get(axis);
    return dimension === undefined ? constantIndex(0) : index[dimension]!;
  });
  const isNeeded = (written: Buffer): boolean => list.isNeeded(written, consumer);
  return mergeEpilogue(producer, fitted, places, isNeeded);
}

/** `a` or `a, b`, each origin once. */
export function joinOrigins(...origins: readonly string[]): string {
  return [...new Set(origins.flatMap((origin) => origin.split(", ")))].join(", ");
}

/** The consumer over the producer's shape of the storage: as it is, or reshaped where it sees it through a view. */
function fitShape(consumer: Nest, storage: Buffer, buffer: Buffer, producer: Nest): Nest | undefined {
  const views = consumer.buffers.filter((candidate) => storageOf(candidate) === storage);
  if (views.every((view) => matchDimensions(view.shape, buffer.shape) !== undefined)) return consumer;
  return reshapeElementwise(consumer, buffer.shape, producer.buffers);
}

/** For each axis of the consumer the dimension of `buffer` that it runs along; undefined where it is no identity. */
function axesByDimension(consumer: Nest, storage: Buffer, buffer: Buffer): Map<number, number> | undefined {
  let found: Map<number, number> | undefined;
  for (const load of loadsOf(consumer)) {
    const loaded = consumer.buffers[load.buffer]!;
    if (storageOf(loaded) !== storage) continue;
    const own = identityMap(consumer, loaded, load.index, consumer.space);
    const dimensions = matchDimensions(loaded.shape, buffer.shape);
    if (own === undefined || dimensions === undefined || load.fill !== undefined) return undefined;
    const map = new Map(
      [...own].flatMap(([axis, at]) => (dimensions.has(at) ? [[axis, dimensions.get(at)!]] : [])),
    );
    if (found !== undefined && JSON.stringify([...found]) !== JSON.stringify([...map])) return undefined;
    found = map;
  }
  return found;
}

/**
 * Where the merged nest may stand: at the consumer's place, if nobody in between reads what the producer wrote;
 * else at the producer's, if all that the consumer reads was there already.
 */
export function mergedPosition(
  list: NestList,
  producer: Item,
  consumer: Item,
): "producer" | "consumer" | undefined {
  const from = list.items.indexOf(producer);
  const to = list.items.indexOf(consumer);
  const between = list.items.slice(from + 1, to);
  if (!between.some((item) => [...producer.writes].some((storage) => item.reads.has(storage))))
    return "consumer";
  if (!between.some((item) => [...item.writes].some((storage) => consumer.reads.has(storage))))
    return "producer";
  return undefined;
}

/**
 * Does an elementwise consumer's work at each of the places, which give the index that each of its axes stands for;
 * undefined where it reads there what the producer has not stored at the same point.
 */
export function mergeEpilogue(
  producer: Nest,
  consumer: Nest,
  places: readonly ((axis: number) => Index)[],
  isNeeded: (storage: Buffer) => boolean,
): Nest | undefined {
  const table = new BufferTable(producer.buffers);
  const adopt = table.adopt(consumer);
  const registers = new Registers(producer, table);
  const added: Store[] = [];
  for (const indexOf of places) {
    const move = replaceAxes(indexOf);
    for (const { buffer, index, value } of consumer.stores) {
      const moved = move(value);
      const place = move({ kind: "load", buffer: 0, index });
      if (moved === undefined || place?.kind !== "load") return undefined;
      added.push({
        buffer: table.add(consumer.buffers[buffer]!),
        index: place.index as readonly Index[],
        value: registers.use(adopt(moved)),
      });
    }
  }
  if (registers.missed) return undefined;
  const kept = producer.stores.filter((old) => isNeeded(storageOf(producer.buffers[old.buffer]!)));
  const merged = { ...producer, name: `${producer.name}+${consumer.name}`, buffers: table.buffers };
  return compactNest(shareSubexpressions({ ...merged, stores: [...kept, ...added] }));
}

/** Replaces loads of what the producer stores by the stored values; `missed` tells of one at another place. */
class Registers {
  missed = false;
  readonly use: (expression: Expression) => Expression;

  constructor(producer: Nest, table: BufferTable) {
    const stores = new Map<Buffer, Map<string, Store>>();
    for (const store of producer.stores) {
      const buffer = producer.buffers[store.buffer]!;
      const byPlace = stores.get(storageOf(buffer)) ?? new Map<string, Store>();
      stores.set(storageOf(buffer), byPlace.set(placeIn(buffer, store.index), store));
    }
    this.use = rewriter((expression) => {
      if (expression.kind !== "load") return expression;
      const loaded = table.buffers[expression.buffer]!;
      const byPlace = stores.get(storageOf(loaded));
      if (byPlace === undefined) return expression;
      const store = byPlace.get(placeIn(loaded, expression.index));
      if (store === undefined) this.missed = true;
      return store === undefined ? expression : asLoaded(store.value, producer.buffers[store.buffer]!.dtype);
    });
  }
}

/** The indices along the axes longer than 1, with their sizes: equal for the same element of two close views. */
function placeIn(buffer: Buffer, index: readonly LoadIndex[]): string {
  const long = index.flatMap((at, dimension) =>
    buffer.shape[dimension] === 1 ? [] : [[buffer.shape[dimension], at]],
  );
  return JSON.stringify(long);
}
