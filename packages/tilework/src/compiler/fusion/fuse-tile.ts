/**
 * A pooling window moves into the nest that stores all of its elements at one point, as Winograd's results are stored
 * tile by tile: they are pooled in registers, and the full-resolution result never reaches memory unless others read
 * it. No arithmetic changes.
 *
 * Windows must not overlap, and the tiles must be aligned with them. As the producer stores every element of the
 * storage, and a window's first element at the point of the others, each window is then pooled just once.
 */
import { isZero, type Load, loadsOf } from "../../kernel/access.ts";
import { type Index, rangeOf, type Term } from "../../kernel/index-expression.ts";
import { type Buffer, type Nest, type Store, storageOf } from "../../kernel/nest.ts";
import { sameShape } from "../../tensor/shape.ts";
import { joinOrigins, mergedPosition, mergeEpilogue } from "./fuse-epilogue.ts";
import type { Item, NestList } from "./nest-list.ts";
import { splitImages } from "./split-images.ts";
import { unrollWindow } from "./unroll-window.ts";

/** Windows of more elements take long to write out. */
const largestWindow = 9;

/** Tries to move `pooling` into the single writer of `storage`. */
export function fuseTile(list: NestList, pooling: Item, storage: Buffer): boolean {
  const producer = list.onlyWriterOf(storage);
  if (producer === undefined || producer === pooling || producer.nest.guards.length > 0) return false;
  const stores = producer.nest.stores.filter(
    ({ buffer }) => storageOf(producer.nest.buffers[buffer]!) === storage,
  );
  if (stores.length < 2) return false;
  const at = mergedPosition(list, producer, pooling);
  const merged = at && merge(list, producer.nest, pooling, stores);
  if (merged === undefined) return false;
  const [target, gone] = at === "producer" ? [producer, pooling] : [pooling, producer];
  const origin = joinOrigins(producer.origin, pooling.origin);
  list.remove(gone);
  list.replace(target, merged);
  target.origin = origin;
  return true;
}

function merge(list: NestList, producer: Nest, pooling: Item, stores: readonly Store[]): Nest | undefined {
  const buffer = producer.buffers[stores[0]!.buffer]!;
  const found = windowsOf(pooling.nest, buffer);
  const elements = found && unrollWindow(found.nest, largestWindow);
  if (elements === undefined) return undefined;
  const tiles = new Map<string, readonly Index[]>();
  for (const store of stores) {
    if (producer.buffers[store.buffer] !== buffer) return undefined;
    const tile = store.index.map((index, dimension) => divided(index, found!.strides[dimension]!));
    if (tile.includes(undefined)) return undefined;
    tiles.set(JSON.stringify(tile), tile as Index[]);
  }
  const places = [...tiles.values()].map(
    (tile) => (axis: number) => tile[found!.axes.indexOf(axis)] ?? { offset: 0, terms: [] },
  );
  const isNeeded = (written: Buffer): boolean => list.isNeeded(written, pooling);
  return mergeEpilogue(producer, elements, places, isNeeded);
}

/** A pooling over the producer's shape of its operand, and how its windows lie along each dimension of that. */
interface Windows {
  readonly nest: Nest;
  /** The axis over windows; undefined along a dimension of size 1 that the nest takes as none. */
  readonly axes: readonly (number | undefined)[];
  /** The elements from one window to the next. */
  readonly strides: readonly number[];
}

/** Undefined where windows overlap, where not all are read through the same load, or where the shapes do not fit. */
function windowsOf(pooling: Nest, buffer: Buffer): Windows | undefined {
  const storage = storageOf(buffer);
  const loads = loadsOf(pooling).filter((load) => storageOf(pooling.buffers[load.buffer]!) === storage);
  const [load] = loads;
  if (load === undefined || loads.length > 1 || load.fill !== undefined) return undefined;
  const windows = load.index.map((_, dimension) => windowAlong(pooling, load, dimension));
  if (windows.includes(undefined)) return undefined;
  const axes = windows.map((window) => window!.axis);
  const strides = windows.map((window) => window!.stride);
  const isWhole = pooling.space.every((axis) => axes.includes(axis) || pooling.axes[axis]!.size === 1);
  const known = axes.filter((axis) => axis !== undefined);
  if (!isWhole || new Set(known).size < known.length) return undefined;
  const { shape } = pooling.buffers[load.buffer]!;
  if (sameShape(shape, buffer.shape)) return { nest: pooling, axes, strides };
  const [images, rows, ...rest] = buffer.shape as [number, number, ...number[]];
  const bands = images / shape[0]!;
  const fits = rows * bands === shape[1] && sameShape(rest, shape.slice(2));
  const [image = pooling.space[0], row] = axes;
  if (!fits || image === undefined || row === undefined || image === row) return undefined;
  const nest = splitImages(pooling, { image, row }, bands, [buffer]);
  return nest && { nest, axes: [image, ...axes.slice(1)], strides };
}

interface Window {
  readonly axis: number | undefined;
  readonly stride: number;
}

/** The axis over windows along a dimension of the load, and their distance. */
function windowAlong({ axes, space, buffers }: Nest, load: Load, dimension: number): Window | undefined {
  const along = load.index[dimension]!;
  if ("dynamic" in along) return undefined;
  if (buffers[load.buffer]!.shape[dimension] === 1 && isZero(along)) return { axis: undefined, stride: 1 };
  const [term, ...others] = along.terms.filter(({ axis }) => space.includes(axis));
  if (term === undefined || others.length > 0 || !("stride" in term)) return undefined;
  const inside = { ...along, terms: along.terms.filter((other) => other !== term) };
  const { min, max } = rangeOf(inside, (axis) => axes[axis]!.size);
  return min >= 0 && max < term.stride ? { axis: term.axis, stride: term.stride } : undefined;
}

/** The number of the part of so many elements in which the index always lies; undefined where that differs. */
function divided({ offset, terms }: Index, by: number): Index | undefined {
  const divide = (term: Term): Term =>
    "table" in term
      ? { ...term, table: term.table.map((value) => value / by) }
      : { ...term, stride: term.stride / by };
  const parts = terms.map(divide);
  const isExact = parts.every((term) =>
    "table" in term ? term.table.every(Number.isInteger) : Number.isInteger(term.stride),
  );
  return isExact ? { offset: Math.floor(offset / by), terms: parts } : undefined;
}
