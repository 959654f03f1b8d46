/** Building one nest of parts of two: a table of buffers that both share. */
import { binary, convert, i32 } from "../../kernel/build-expression.ts";
import type { Expression, LoadIndex } from "../../kernel/expression.ts";
import type { Index } from "../../kernel/index-expression.ts";
import type { Axis, Buffer, Guard, Level, Nest, Reduction, Store } from "../../kernel/nest.ts";
import { expressionsOf, mapExpressions, nodesUnder, rewriter } from "../../kernel/rewrite.ts";
import type { Dtype } from "../../tensor/dtype.ts";

/** The buffers of a nest under construction; foreign expressions are renumbered into it. */
export class BufferTable {
  readonly buffers: Buffer[];

  constructor(start: readonly Buffer[]) {
    this.buffers = [...start];
  }

  add(buffer: Buffer): number {
    const at = this.buffers.indexOf(buffer);
    return at >= 0 ? at : this.buffers.push(buffer) - 1;
  }

  /** A rewriter for expressions of `nest`: their loads then name this table's buffers. */
  adopt(nest: Nest): (expression: Expression) => Expression {
    return rewriter((expression) =>
      expression.kind === "load"
        ? { ...expression, buffer: this.add(nest.buffers[expression.buffer]!) }
        : expression,
    );
  }
}

/** What a load would give of a value that was stored to a buffer of this type. */
export function asLoaded(value: Expression, dtype: Dtype): Expression {
  return dtype === "uint8" ? binary("and", value, i32(255)) : value;
}

/**
 * The reduction over a changed value, with the same roundings: a sum of products accumulates with one rounding
 * each (nest.ts), so a product that came in by fusion, and was rounded before, must not look like one.
 */
export function keepRounding(before: Reduction, value: Expression): Expression {
  const isProduct = (expression: Expression): boolean =>
    expression.kind === "binary" && expression.op === "mul";
  if (before.op !== "add" || isProduct(before.value) || !isProduct(value)) return value;
  return convert("f32FromBits", convert("bitsFromF32", value));
}

/** Drops buffers that are no longer used and axes that nothing refers to, renumbering the rest. */
export function compactNest(nest: Nest): Nest {
  const usedBuffers = new Set<number>(nest.stores.map((store) => store.buffer));
  for (const node of nodesUnder(expressionsOf(nest))) if (node.kind === "load") usedBuffers.add(node.buffer);
  const usedAxes = new Set<number>([...nest.space, ...nest.levels.flatMap((level) => level.axes)]);
  const buffers = renumbering(nest.buffers.length, usedBuffers);
  const axes = renumbering(nest.axes.length, usedAxes);
  const moveIndex = (index: Index): Index => ({
    offset: index.offset,
    terms: index.terms.map((term) => ({ ...term, axis: axes(term.axis) })),
  });
  const mapped = mapExpressions(
    nest,
    rewriter((expression) => {
      if (expression.kind === "position") return { kind: "position", index: moveIndex(expression.index) };
      if (expression.kind !== "load") return expression;
      const index = expression.index.map((at): LoadIndex => ("dynamic" in at ? at : moveIndex(at)));
      return { ...expression, buffer: buffers(expression.buffer), index };
    }),
  );
  return {
    name: nest.name,
    buffers: nest.buffers.filter((_, at) => usedBuffers.has(at)),
    axes: nest.axes.filter((_, at): boolean => usedAxes.has(at)) as readonly Axis[],
    space: nest.space.map(axes),
    guards: nest.guards.map((guard): Guard => ({ ...guard, index: moveIndex(guard.index) })),
    levels: mapped.levels.map((level): Level => ({ ...level, axes: level.axes.map(axes) })),
    stores: mapped.stores.map(
      (store): Store => ({ ...store, buffer: buffers(store.buffer), index: store.index.map(moveIndex) }),
    ),
  };
}

function renumbering(count: number, used: ReadonlySet<number>): (old: number) => number {
  const next: number[] = [];
  let at = 0;
  for (let old = 0; old < count; old++) next.push(used.has(old) ? at++ : -1);
  return (old) => next[old]!;
}
