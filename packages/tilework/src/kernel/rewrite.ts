/** Rewriting of nest expressions. Shared subexpressions stay shared: a node is rewritten once. */
import { unreachable } from "../util/errors.ts";
import type { Expression, LoadIndex } from "./expression.ts";
import { expressionKey } from "./expression-key.ts";
import { type Index, substitute } from "./index-expression.ts";
import type { Guard, Level, Nest, Reduction, Store } from "./nest.ts";

/** Operands of a node, not counting those inside dynamic indices. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "constant":
    case "position":
    case "accumulator":
      return [];
    case "load":
      return expression.index.flatMap((index) => ("dynamic" in index ? [index.dynamic] : []));
    case "unary":
    case "convert":
      return [expression.x];
    case "binary":
    case "compare":
      return [expression.x, expression.y];
    case "fma":
      return [expression.x, expression.y, expression.z];
    case "select":
      return [expression.condition, expression.yes, expression.no];
    default:
      return unreachable(expression);
  }
}

/** The same node where no operand changes. */
function rebuild(expression: Expression, map: (operand: Expression) => Expression): Expression {
  switch (expression.kind) {
    case "constant":
    case "position":
    case "accumulator":
      return expression;
    case "load":
      return rebuildLoad(expression, map);
    case "unary":
    case "convert": {
      const x = map(expression.x);
      return x === expression.x ? expression : { ...expression, x };
    }
    case "binary":
    case "compare": {
      const [x, y] = [map(expression.x), map(expression.y)];
      return x === expression.x && y === expression.y ? expression : { ...expression, x, y };
    }
    case "fma": {
      const [x, y, z] = [map(expression.x), map(expression.y), map(expression.z)];
      const same = x === expression.x && y === expression.y && z === expression.z;
      return same ? expression : { ...expression, x, y, z };
    }
    case "select": {
      const [condition, yes, no] = [map(expression.condition), map(expression.yes), map(expression.no)];
      const same = condition === expression.condition && yes === expression.yes && no === expression.no;
      return same ? expression : { ...expression, condition, yes, no };
    }
    default:
      return unreachable(expression);
  }
}

function rebuildLoad(
  load: Extract<Expression, { kind: "load" }>,
  map: (operand: Expression) => Expression,
): Expression {
  if (!load.index.some((index) => "dynamic" in index)) return load;
  let same = true;
  const index = load.index.map((each): LoadIndex => {
    if (!("dynamic" in each)) return each;
    const dynamic = map(each.dynamic);
    same &&= dynamic === each.dynamic;
    return { dynamic };
  });
  return same ? load : { ...load, index };
}

/**
 * A rewriter: operands first, then `change` sees each rebuilt node. One rewriter keeps its memory over several
 * calls, so that expressions that share a node go on sharing it.
 */
export function rewriter(change: (expression: Expression) => Expression): (root: Expression) => Expression {
  const done = new Map<Expression, Expression>();
  const visit = (expression: Expression): Expression => {
    const known = done.get(expression);
    if (known !== undefined) return known;
    const result = change(rebuild(expression, visit));
    done.set(expression, result);
    return result;
  };
  return visit;
}

function indexRewriter(move: (index: Index) => Index): (root: Expression) => Expression {
  return rewriter((expression) => {
    if (expression.kind === "position") return { kind: "position", index: move(expression.index) };
    if (expression.kind !== "load") return expression;
    const index = expression.index.map((at): LoadIndex => ("dynamic" in at ? at : move(at)));
    return { ...expression, index };
  });
}

/** Thrown inside `replaceAxes` where an index cannot be rewritten; callers turn it into "no". */
class NotAffine extends Error {}

/** Rewrites every axis by an affine index over other axes; undefined where a table's axis would not stay plain. */
export function replaceAxes(replace: (axis: number) => Index): (root: Expression) => Expression | undefined {
  const move = (index: Index): Index => {
    const moved = substitute(index, replace);
    if (moved === undefined) throw new NotAffine();
    return moved;
  };
  const visit = indexRewriter(move);
  return (root) => {
    try {
      return visit(root);
    } catch (error) {
      if (error instanceof NotAffine) return undefined;
      throw error;
    }
  };
}

/** All distinct nodes under the roots, operands first. */
export function nodesUnder(roots: readonly Expression[]): Expression[] {
  const order: Expression[] = [];
  const seen = new Set<Expression>();
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    visitOperands(expression, visit);
    order.push(expression);
  };
  for (const root of roots) visit(root);
  return order;
}

/** As `operandsOf`, for code that runs often: no list is made. */
function visitOperands(expression: Expression, visit: (operand: Expression) => void): void {
  switch (expression.kind) {
    case "constant":
    case "position":
    case "accumulator":
      return;
    case "load":
      for (const index of expression.index) if ("dynamic" in index) visit(index.dynamic);
      return;
    case "unary":
    case "convert":
      visit(expression.x);
      return;
    case "binary":
    case "compare":
      visit(expression.x);
      visit(expression.y);
      return;
    case "fma":
      visit(expression.x);
      visit(expression.y);
      visit(expression.z);
      return;
    case "select":
      visit(expression.condition);
      visit(expression.yes);
      visit(expression.no);
      return;
    default:
      unreachable(expression);
  }
}

/** Every expression that a nest evaluates. */
export function expressionsOf(nest: Nest): Expression[] {
  return [
    ...nest.levels.flatMap((level) =>
      level.reductions.flatMap((reduction) =>
        reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value],
      ),
    ),
    ...nest.stores.map((store) => store.value),
  ];
}

/** The nest with every expression mapped. */
export function mapExpressions(nest: Nest, map: (expression: Expression) => Expression): Nest {
  const reduce = (reduction: Reduction): Reduction =>
    reduction.op === "argmax"
      ? { op: "argmax", value: map(reduction.value), position: map(reduction.position) }
      : { op: reduction.op, value: map(reduction.value) };
  return {
    ...nest,
    levels: nest.levels.map((level): Level => ({ ...level, reductions: level.reductions.map(reduce) })),
    stores: nest.stores.map((store) => ({ ...store, value: map(store.value) })),
  };
}

/** The nest with every index of its loads, positions, stores and guards replaced; run-time indices stay. */
export function mapIndices(nest: Nest, move: (index: Index) => Index): Nest {
  const mapped = mapExpressions(nest, indexRewriter(move));
  return {
    ...mapped,
    guards: nest.guards.map((guard): Guard => ({ ...guard, index: move(guard.index) })),
    stores: mapped.stores.map((store): Store => ({ ...store, index: store.index.map(move) })),
  };
}

/** Makes equal subexpressions one object, so that whoever evaluates by identity computes them once. */
export function shareSubexpressions(nest: Nest): Nest {
  const numbers = new Map<Expression, number>();
  const byKey = new Map<string, Expression>();
  const visit = rewriter((rebuilt) => {
    const expression = withoutDetour(rebuilt);
    if (numbers.has(expression)) return expression;
    const key = expressionKey(expression, (operand) => numbers.get(operand)!);
    const known = byKey.get(key);
    if (known !== undefined) return known;
    byKey.set(key, expression);
    numbers.set(expression, numbers.size);
    return expression;
  });
  return mapExpressions(nest, visit);
}

/** A truth value that went through memory as 0 or 1 is that truth value. */
function withoutDetour(expression: Expression): Expression {
  if (expression.kind !== "compare" || expression.op !== "ne" || !isInteger(expression.y, 0))
    return expression;
  const { x } = expression;
  return x.kind === "select" && isInteger(x.yes, 1) && isInteger(x.no, 0) ? x.condition : expression;
}

function isInteger(expression: Expression, value: number): boolean {
  return expression.kind === "constant" && expression.type === "i32" && expression.value === value;
}
