/**
 * A nest with one small reduction level, written out as an elementwise nest: the same fold, step after step, over
 * loads at the places of all elements of its window. The rules of each reduction are those of kernel/nest.ts.
 */
import { add, binary, compare, f32, i32, max, min, select } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { inferTypes } from "../../kernel/expression-type.ts";
import { axisIndex, constantIndex } from "../../kernel/index-expression.ts";
import type { Nest, Reduction } from "../../kernel/nest.ts";
import { replaceAxes, rewriter } from "../../kernel/rewrite.ts";

/**
 * Undefined for other nests, for windows of more than `most` elements, for integers, and for sums of products, which
 * are not rounded one by one.
 */
export function unrollWindow(nest: Nest, most: number): Nest | undefined {
  const [level, ...others] = nest.levels;
  if (level === undefined || others.length > 0 || level.lanes || nest.guards.length > 0) return undefined;
  const sizes = level.axes.map((axis) => nest.axes[axis]!.size);
  if (sizes.reduce((product, size) => product * size, 1) > most) return undefined;
  const values = level.reductions.map(({ value }) => value);
  const types = inferTypes(values, { buffers: nest.buffers, accumulators: [] });
  if (values.some((value) => types.get(value) !== "f32")) return undefined;
  const points = pointsOf(sizes).map((point) => elementAt(level.axes, point));
  const slots: Expression[] = [];
  for (const reduction of level.reductions) {
    const folded = fold(reduction, points);
    if (folded === undefined) return undefined;
    slots.push(...folded);
  }
  const useSlots = rewriter((expression) =>
    expression.kind === "accumulator" ? slots[expression.slot]! : expression,
  );
  return {
    ...nest,
    levels: [],
    stores: nest.stores.map((store) => ({ ...store, value: useSlots(store.value) })),
  };
}

/** All points of a box, the last axis fastest. */
function pointsOf(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (points, size) => points.flatMap((point) => Array.from({ length: size }, (_, at) => [...point, at])),
    [[]],
  );
}

type At = (expression: Expression) => Expression | undefined;

function elementAt(axes: readonly number[], point: readonly number[]): At {
  const move = replaceAxes((axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? axisIndex(axis) : constantIndex(point[at]!);
  });
  const settle = rewriter((expression) =>
    expression.kind === "position" && expression.index.terms.length === 0
      ? i32(expression.index.offset)
      : expression,
  );
  return (expression) => {
    const moved = move(expression);
    return moved && settle(moved);
  };
}

/** The results of a reduction over all points, one a slot. */
function fold(reduction: Reduction, points: readonly At[]): Expression[] | undefined {
  if (reduction.op === "add" && isProduct(reduction.value)) return undefined;
  const values = points.map((at) => at(reduction.value));
  const positions = points.map((at) => (reduction.op === "argmax" ? at(reduction.position) : f32(0)));
  if (values.includes(undefined) || positions.includes(undefined)) return undefined;
  const [first, ...rest] = values as [Expression, ...Expression[]];
  if (reduction.op === "argmax") return foldArgmax(values as Expression[], positions as Expression[]);
  if (reduction.op === "add") return [rest.reduce((sum, x) => add(sum, x), add(f32(0), first))];
  const best = reduction.op === "max" ? max : min;
  return [rest.reduce((chosen, x) => select(isNan(x), x, best(chosen, x)), first)];
}

function foldArgmax(values: readonly Expression[], positions: readonly Expression[]): Expression[] {
  let [chosen, position] = [values[0]!, positions[0]!];
  for (let at = 1; at < values.length; at++) {
    const x = values[at]!;
    const keeps = binary("or", compare("le", x, chosen), isNan(chosen));
    position = select(keeps, position, positions[at]!);
    chosen = select(keeps, chosen, x);
  }
  return [chosen, position];
}

function isProduct(value: Expression): boolean {
  return value.kind === "binary" && value.op === "mul";
}

function isNan(x: Expression): Expression {
  return compare("ne", x, x);
}
