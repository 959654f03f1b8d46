/**
 * Two reductions that read the same large operand at the same places become one nest with the reductions of both,
 * so that the operand comes from memory once (the two sums of a BatchNormalization's gradient). Only nests that
 * read each element of that operand once: others live on reuse in registers, which more accumulators would take.
 */
import { type Load, loadsOf } from "../../kernel/access.ts";
import type { Expression } from "../../kernel/expression.ts";
import { axisIndex, type Index } from "../../kernel/index-expression.ts";
import { type Nest, type Reduction, type Store, slotsOf, storageOf } from "../../kernel/nest.ts";
import { mapExpressions, replaceAxes, rewriter, shareSubexpressions } from "../../kernel/rewrite.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { InPieces } from "../../util/in-pieces.ts";
import { joinOrigins, mergedPosition } from "./fuse-epilogue.ts";
import { BufferTable, compactNest } from "./merge-nests.ts";
import type { Item, NestList } from "./nest-list.ts";
import { readsOnce } from "./reads-once.ts";

const MOST_RESULTS = 4;

export function* mergeSiblings(list: NestList): InPieces<void> {
  for (const first of [...list.items]) {
    yield;
    let merged = true;
    while (merged && list.items.includes(first) && isPlainReduction(first.nest))
      merged = siblingsOf(list, first).some((second) => mergePair(list, first, second));
  }
}

function isPlainReduction({ levels, guards }: Nest): boolean {
  return levels.length === 1 && guards.length === 0;
}

/** Later plain reductions that read something that `first` reads. */
function siblingsOf(list: NestList, first: Item): Item[] {
  const found = new Set([...first.reads].flatMap((storage) => list.readersOf(storage)));
  const from = list.items.indexOf(first);
  return list.items.slice(from + 1).filter((item) => found.has(item) && isPlainReduction(item.nest));
}

function mergePair(list: NestList, first: Item, second: Item): boolean {
  if ([...first.writes].some((storage) => second.reads.has(storage) || second.writes.has(storage)))
    return false;
  const at = mergedPosition(list, first, second);
  const merged = at && mergeReductions(first.nest, second.nest);
  if (merged === undefined) return false;
  const [target, gone] = at === "producer" ? [first, second] : [second, first];
  const origin = joinOrigins(first.origin, second.origin);
  list.remove(gone);
  list.replace(target, merged);
  target.origin = origin;
  return true;
}

function mergeReductions(first: Nest, second: Nest): Nest | undefined {
  const [level, other] = [first.levels[0]!, second.levels[0]!];
  if (slotsOf(level) + slotsOf(other) > MOST_RESULTS || level.lanes !== other.lanes) return undefined;
  const axes = matchAxes(first, second);
  if (axes === undefined) return undefined;
  const table = new BufferTable(first.buffers);
  const adopt = table.adopt(second);
  const move = replaceAxes((axis) => axisIndex(axes.get(axis)!));
  const shift = rewriter((expression) =>
    expression.kind === "accumulator"
      ? { ...expression, slot: expression.slot + slotsOf(level) }
      : expression,
  );
  const moveIn = (expression: Expression): Expression | undefined => {
    const moved = move(expression);
    return moved && shift(adopt(moved));
  };
  let possible = true;
  const moved = mapExpressions(second, (expression) => {
    const result = moveIn(expression);
    if (result === undefined) possible = false;
    return result ?? expression;
  });
  const stores = second.stores.map((store, i): Store | undefined => {
    const place = move({ kind: "load", buffer: 0, index: store.index });
    if (place?.kind !== "load") return undefined;
    const index = place.index as readonly Index[];
    return { buffer: table.add(second.buffers[store.buffer]!), index, value: moved.stores[i]!.value };
  });
  if (!possible || stores.includes(undefined)) return undefined;
  const merged: Nest = {
    ...first,
    name: `${first.name}+${second.name}`,
    buffers: table.buffers,
    levels: [{ ...level, reductions: [...level.reductions, ...moved.levels[0]!.reductions] }],
    stores: [...first.stores, ...(stores as Store[])],
  };
  return sharesStream(first, merged) ? compactNest(shareSubexpressions(merged)) : undefined;
}

/** For each axis of `second` that of `first` in the same role; undefined where their sizes differ. */
function matchAxes(first: Nest, second: Nest): Map<number, number> | undefined {
  const roles = ({ space, levels }: Nest): readonly (readonly number[])[] => [space, levels[0]!.axes];
  const map = new Map<number, number>();
  for (const [role, axes] of roles(second).entries()) {
    const own = roles(first)[role]!;
    if (own.length !== axes.length) return undefined;
    for (const [at, axis] of axes.entries()) {
      if (first.axes[own[at]!]!.size !== second.axes[axis]!.size) return undefined;
      map.set(axis, own[at]!);
    }
  }
  return map;
}

/** Whether the merged nest's second half reads, at the same places, what the first one reads once. */
function sharesStream(first: Nest, merged: Nest): boolean {
  const count = first.levels[0]!.reductions.length;
  const { reductions } = merged.levels[0]!;
  const loadsIn = (half: readonly Reduction[]): Load[] =>
    loadsOf({ ...merged, levels: [{ ...merged.levels[0]!, reductions: half }], stores: [] });
  const earlier = loadsIn(reductions.slice(0, count));
  return loadsIn(reductions.slice(count)).some(
    (load) => readsOnce(merged, load) && earlier.some((other) => isSameLoad(merged, load, other)),
  );
}

function isSameLoad({ buffers }: Nest, load: Load, other: Load): boolean {
  const [a, b] = [buffers[load.buffer]!, buffers[other.buffer]!];
  return (
    storageOf(a) === storageOf(b) &&
    sameShape(a.shape, b.shape) &&
    JSON.stringify(load.index) === JSON.stringify(other.index)
  );
}
