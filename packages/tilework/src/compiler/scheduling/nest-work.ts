/** What a nest does at one innermost point, for the cost model. */
import type { Expression } from "../../kernel/expression.ts";
import type { Nest, Reduction } from "../../kernel/nest.ts";
import { expressionsOf, nodesUnder } from "../../kernel/rewrite.ts";
import { type MergeRule, mergeRule } from "./merge-rule.ts";
import { loadsUnder, type StridedAccess, storesOf, variesAlong } from "./strided-access.ts";

export interface NestWork {
  readonly nest: Nest;
  /** Loads of the innermost loop: those that move in level 0, or those of an elementwise nest's stores. */
  readonly loads: readonly StridedAccess[];
  /** Loads before the innermost loop, whose registers are taken as long as it runs. */
  readonly fixedLoads: readonly StridedAccess[];
  readonly stores: readonly StridedAccess[];
  /** Loads outside the innermost loop. */
  readonly lateLoads: readonly StridedAccess[];
  /** Vector operations at an innermost point. */
  readonly operations: number;
  /** Vector operations on each result after the innermost loop. */
  readonly lateOperations: number;
  /** Vector operations of a fold at an outer level's point. */
  readonly outerOperations: number;
  /** Operations on the way from one iteration's accumulator to the next one's. */
  readonly chain: number;
  /** Result slots of level 0. */
  readonly slots: number;
  readonly mergeable: MergeRule;
}

export function workOf(nest: Nest): NestWork {
  const [level] = nest.levels;
  const inner = level === undefined ? expressionsOf(nest) : level.reductions.flatMap(operandsOf);
  const late = level === undefined ? [] : expressionsOf(nest).filter((root) => !inner.includes(root));
  const arithmetic = nodesUnder(inner).filter(({ kind }) => isArithmetic(kind)).length;
  const folds = level?.reductions.map(foldCost) ?? [];
  const fused = level?.reductions.filter(isProductSum).length ?? 0;
  const loads = loadsUnder(nest, inner);
  const isMoving = (access: StridedAccess): boolean =>
    level === undefined ||
    access.isDynamic ||
    level.axes.some((axis) => nest.axes[axis]!.size > 1 && variesAlong(access, axis));
  const moving = loads.filter(isMoving);
  return {
    nest,
    loads: moving.length > 0 ? moving : loads,
    fixedLoads: moving.length > 0 ? loads.filter((access) => !isMoving(access)) : [],
    stores: storesOf(nest),
    lateLoads: loadsUnder(nest, late),
    operations: Math.max(1, arithmetic - fused + folds.reduce((sum, fold) => sum + fold, 0)),
    lateOperations: nodesUnder(late).filter(({ kind }) => isArithmetic(kind)).length,
    outerOperations: nest.levels[1]?.reductions.reduce((sum, reduction) => sum + foldCost(reduction), 0) ?? 0,
    chain: Math.max(0, ...folds),
    slots: level?.reductions.reduce((count, { op }) => count + (op === "argmax" ? 2 : 1), 0) ?? 0,
    mergeable: mergeRule(nest),
  };
}

function operandsOf(reduction: Reduction): Expression[] {
  return reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value];
}

function isArithmetic(kind: Expression["kind"]): boolean {
  return kind !== "constant" && kind !== "load" && kind !== "position" && kind !== "accumulator";
}

function isProductSum({ op, value }: Reduction): boolean {
  return op === "add" && value.kind === "binary" && value.op === "mul";
}

function foldCost({ op }: Reduction): number {
  if (op === "add") return 1;
  return op === "argmax" ? 5 : 3;
}

/** The number of points of an axis together with those before it in `axes` that merge into it. */
export function mergedSize(work: NestWork, axes: readonly number[], axis: number): number {
  const sizes = work.nest.axes.map(({ size }) => size);
  for (let at = axes.indexOf(axis) - 1; at >= 0; at--) {
    const outer = axes[at]!;
    if (sizes[outer] === 1) continue;
    if (!work.mergeable(outer, axis, sizes)) break;
    sizes[axis]! *= sizes[outer]!;
  }
  return sizes[axis]!;
}

/** The number of points of some axes. */
export function pointsOf(nest: Nest, axes: readonly number[]): number {
  return axes.reduce((product, axis) => product * nest.axes[axis]!.size, 1);
}
