/** Drops reductions that no store needs any more; an argmax whose position nobody reads is a plain maximum. */
import type { Expression } from "../../kernel/expression.ts";
import type { Level, Nest, Reduction } from "../../kernel/nest.ts";
import { nodesUnder, rewriter } from "../../kernel/rewrite.ts";
import { compactNest } from "./merge-nests.ts";

export function pruneReductions(nest: Nest): Nest {
  let { levels } = nest;
  let stores = nest.stores;
  for (let level = levels.length - 1; level >= 0; level--) {
    const outer = levels.slice(level + 1).flatMap((above) => above.reductions.flatMap(valuesOf));
    const used = usedSlots([...outer, ...stores.map((store) => store.value)], level);
    const { kept, slots } = keepUsed(levels[level]!, used);
    const renumber = rewriter((expression) =>
      expression.kind === "accumulator" && expression.level === level
        ? { ...expression, slot: slots.get(expression.slot)! }
        : expression,
    );
    levels = levels.map((old, at) =>
      at === level
        ? { ...old, reductions: kept }
        : at > level
          ? { ...old, reductions: old.reductions.map((reduction) => mapReduction(reduction, renumber)) }
          : old,
    );
    stores = stores.map((store) => ({ ...store, value: renumber(store.value) }));
  }
  return compactNest({ ...nest, levels, stores });
}

function valuesOf(reduction: Reduction): Expression[] {
  return reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value];
}

function mapReduction(reduction: Reduction, map: (expression: Expression) => Expression): Reduction {
  return reduction.op === "argmax"
    ? { ...reduction, value: map(reduction.value), position: map(reduction.position) }
    : { ...reduction, value: map(reduction.value) };
}

function usedSlots(roots: readonly Expression[], level: number): Set<number> {
  const used = new Set<number>();
  for (const node of nodesUnder(roots))
    if (node.kind === "accumulator" && node.level === level) used.add(node.slot);
  return used;
}

function keepUsed(
  level: Level,
  used: ReadonlySet<number>,
): { kept: Reduction[]; slots: ReadonlyMap<number, number> } {
  const kept: Reduction[] = [];
  const slots = new Map<number, number>();
  let slot = 0;
  let next = 0;
  for (const reduction of level.reductions) {
    const own = reduction.op === "argmax" ? [slot, slot + 1] : [slot];
    slot += own.length;
    if (!own.some((at) => used.has(at))) continue;
    const plain = reduction.op === "argmax" && !used.has(own[1]!);
    kept.push(plain ? { op: "max", value: reduction.value } : reduction);
    for (const at of plain ? own.slice(0, 1) : own) slots.set(at, next++);
  }
  return { kept, slots };
}
