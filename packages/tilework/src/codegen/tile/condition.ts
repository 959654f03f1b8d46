/** What must hold for a point to take part, or for a load to touch memory: `0 <= index < size`. */
import type { Expression } from "../../kernel/expression.ts";
import { type Index, rangeOf } from "../../kernel/index-expression.ts";
import type { Nest } from "../../kernel/nest.ts";

export interface Condition {
  readonly index: Index;
  readonly size: number;
  /** The bit of each axis involved. */
  readonly axes: number;
  /** The level whose iteration a guard skips; -1 for the whole space point. */
  readonly level: number;
}

export function createCondition(index: Index, size: number, level = -1): Condition {
  let axes = 0;
  for (const term of index.terms) axes |= 1 << term.axis;
  return { index, size, axes, level };
}

/** A guard of the nest, with the level of its innermost reduction axis. */
export function guardCondition(nest: Nest, index: Index, size: number): Condition {
  const level = nest.levels.findIndex(({ axes }) => index.terms.some((term) => axes.includes(term.axis)));
  return createCondition(index, size, level);
}

/** The dimensions of a load that may leave the buffer. */
export function loadConditions(nest: Nest, load: Extract<Expression, { kind: "load" }>): Condition[] {
  const shape = nest.buffers[load.buffer]!.shape;
  return load.index.flatMap((index, dimension) => {
    if ("dynamic" in index) return [];
    const { min, max } = rangeOf(index, (axis) => nest.axes[axis]!.size);
    return min >= 0 && max < shape[dimension]! ? [] : [createCondition(index, shape[dimension]!)];
  });
}
