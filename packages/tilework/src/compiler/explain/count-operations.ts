/**
 * Floating-point operations of a nest: additions, multiplications, divisions, roots, roundings, comparisons; a fused
 * multiply-add is two. Each expression counts once for each point of the axes that it depends on, as code that moves
 * it out of the other loops computes it, and only at points that the guards let pass. Integers and moves are free.
 */
import type { Expression, ScalarType } from "../../kernel/expression.ts";
import { inferTypes, typeContext } from "../../kernel/expression-type.ts";
import { axesOf } from "../../kernel/index-expression.ts";
import type { Nest } from "../../kernel/nest.ts";
import { nodesUnder, operandsOf } from "../../kernel/rewrite.ts";
import { expressionsOfLevel, scopesOf } from "../../kernel/verify-structure.ts";
import { pointCounter } from "./count-points.ts";

export function countOperations(nest: Nest): number {
  const pointsOf = pointCounter(nest);
  const scopes = scopesOf(nest);
  const context = typeContext(nest);
  let operations = 0;
  const count = (roots: readonly Expression[], scope: ReadonlySet<number>): void => {
    const types = inferTypes(roots, context);
    const axes = new Map<Expression, ReadonlySet<number>>();
    for (const node of nodesUnder(roots)) {
      const own = new Set(ownAxes(node, scope));
      for (const operand of operandsOf(node)) for (const axis of axes.get(operand)!) own.add(axis);
      axes.set(node, own);
      operations += weightOf(node, types) * pointsOf(own);
    }
  };
  nest.levels.forEach((level, at) => {
    const { axes } = scopes.levels[at]!;
    const roots = expressionsOfLevel(level);
    count(roots, axes);
    const types = inferTypes(roots, context);
    const folds = level.reductions.filter(({ value }) => types.get(value) === "f32").length;
    operations += folds * pointsOf(axes);
  });
  count(
    nest.stores.map((store) => store.value),
    scopes.stores.axes,
  );
  return operations;
}

function ownAxes(node: Expression, scope: ReadonlySet<number>): Iterable<number> {
  if (node.kind === "accumulator") return scope;
  if (node.kind === "position") return axesOf(node.index);
  if (node.kind !== "load") return [];
  return node.index.flatMap((index) => ("dynamic" in index ? [] : [...axesOf(index)]));
}

function weightOf(node: Expression, types: ReadonlyMap<Expression, ScalarType>): number {
  switch (node.kind) {
    case "fma":
      return 2;
    case "unary":
    case "binary":
    case "compare":
      return types.get(node.x) === "f32" ? 1 : 0;
    default:
      return 0;
  }
}
