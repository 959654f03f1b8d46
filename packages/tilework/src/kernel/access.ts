/** Questions that passes ask of a nest's loads and stores. */
import type { Shape } from "../tensor/shape.ts";
import type { Expression, LoadIndex } from "./expression.ts";
import type { Index } from "./index-expression.ts";
import { type Buffer, type Nest, storageOf } from "./nest.ts";
import { expressionsOf, nodesUnder } from "./rewrite.ts";

export type Load = Extract<Expression, { kind: "load" }>;

/** The distinct load nodes of a nest. */
export function loadsOf(nest: Nest): Load[] {
  return nodesUnder(expressionsOf(nest)).filter((node): node is Load => node.kind === "load");
}

/** Storages that the nest reads. */
export function readsOf(nest: Nest): Set<Buffer> {
  return new Set(loadsOf(nest).map((load) => storageOf(nest.buffers[load.buffer]!)));
}

/** Storages that the nest writes. */
export function writesOf(nest: Nest): Set<Buffer> {
  return new Set(nest.stores.map((store) => storageOf(nest.buffers[store.buffer]!)));
}

/** The axis that an index is, where it is nothing else: stride 1, no offset. */
export function plainAxis(index: LoadIndex): number | undefined {
  if ("dynamic" in index || index.offset !== 0 || index.terms.length !== 1) return undefined;
  const term = index.terms[0]!;
  return "stride" in term && term.stride === 1 ? term.axis : undefined;
}

export function isZero(index: LoadIndex): boolean {
  return !("dynamic" in index) && index.offset === 0 && index.terms.length === 0;
}

/**
 * For an access that visits each element of its buffer exactly once, by plain axes: which dimension each axis
 * runs along. Undefined where the access is anything else, or where not all of `axes` occur.
 */
export function identityMap(
  nest: Nest,
  buffer: Buffer,
  index: readonly LoadIndex[],
  axes: readonly number[],
): Map<number, number> | undefined {
  const dimensionOf = new Map<number, number>();
  for (let dimension = 0; dimension < index.length; dimension++) {
    const size = buffer.shape[dimension]!;
    const axis = plainAxis(index[dimension]!);
    if (axis !== undefined && nest.axes[axis]!.size === size && !dimensionOf.has(axis))
      dimensionOf.set(axis, dimension);
    else if (!(size === 1 && isZero(index[dimension]!))) return undefined;
  }
  const complete = axes.every((axis) => dimensionOf.has(axis) || nest.axes[axis]!.size === 1);
  return complete ? dimensionOf : undefined;
}

export function sameIndex(a: readonly LoadIndex[], b: readonly Index[]): boolean {
  return a.length === b.length && a.every((index, at) => JSON.stringify(index) === JSON.stringify(b[at]));
}

/**
 * For two shapes over the same elements that differ only in axes of size 1: the dimension of `to` that each
 * longer dimension of `from` is. Undefined where they differ in more.
 */
export function matchDimensions(from: Shape, to: Shape): Map<number, number> | undefined {
  const long = (shape: Shape): number[] =>
    shape.flatMap((size, dimension) => (size === 1 ? [] : [dimension]));
  const source = long(from);
  const target = long(to);
  const same = source.length === target.length && source.every((at, i) => from[at] === to[target[i]!]);
  return same ? new Map(source.map((at, i) => [at, target[i]!])) : undefined;
}
