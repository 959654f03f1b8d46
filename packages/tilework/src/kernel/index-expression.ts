/**
 * Affine integer expressions over a nest's axes: `offset + Σ stride·axis + Σ table[axis]`.
 *
 * Tables make bounds and offsets piecewise constant (adaptive windows, strided backward-data): they are part
 * of the nest, their sizes are static, so a range of values can always be proved.
 */
import { extremesOf } from "../util/extremes.ts";

export type Term =
  | { readonly axis: number; readonly stride: number }
  | { readonly axis: number; readonly table: readonly number[] };

export interface Index {
  readonly offset: number;
  readonly terms: readonly Term[];
}

/** Just `axis`, times `stride`, plus `offset`. */
export function axisIndex(axis: number, stride = 1, offset = 0): Index {
  return { offset, terms: stride === 0 ? [] : [{ axis, stride }] };
}

export function constantIndex(offset: number): Index {
  return { offset, terms: [] };
}

/** A looked-up value: `table[axis]`. The table has one entry for each value of the axis. */
export function tableIndex(axis: number, table: readonly number[]): Index {
  return { offset: 0, terms: [{ axis, table }] };
}

/** The sum, with the strides of equal axes merged. */
export function addIndex(...parts: readonly Index[]): Index {
  let offset = 0;
  const strides = new Map<number, number>();
  const tables: Term[] = [];
  for (const part of parts) {
    offset += part.offset;
    for (const term of part.terms) {
      if ("table" in term) tables.push(term);
      else strides.set(term.axis, (strides.get(term.axis) ?? 0) + term.stride);
    }
  }
  const terms: Term[] = [];
  for (const [axis, stride] of strides) if (stride !== 0) terms.push({ axis, stride });
  return { offset, terms: [...terms, ...tables] };
}

export function scaleIndex(index: Index, factor: number): Index {
  if (factor === 0) return constantIndex(0);
  return {
    offset: index.offset * factor,
    terms: index.terms.map((term) =>
      "table" in term
        ? { axis: term.axis, table: term.table.map((value) => value * factor) }
        : { axis: term.axis, stride: term.stride * factor },
    ),
  };
}

/** Replaces each axis by an index over other axes. A table term needs its axis to stay a plain axis. */
export function substitute(index: Index, replace: (axis: number) => Index): Index | undefined {
  const parts: Index[] = [constantIndex(index.offset)];
  for (const term of index.terms) {
    const by = replace(term.axis);
    if ("table" in term) {
      const [only] = by.terms;
      if (by.terms.length === 0) parts.push(constantIndex(term.table[by.offset] ?? 0));
      else if (by.terms.length === 1 && by.offset === 0 && only && "stride" in only && only.stride === 1)
        parts.push(tableIndex(only.axis, term.table));
      else return undefined;
    } else parts.push(scaleIndex(by, term.stride));
  }
  return addIndex(...parts);
}

/** The value at one point; `point[axis]` is the value of each axis. */
export function evaluateIndex(index: Index, point: ArrayLike<number>): number {
  let value = index.offset;
  for (const term of index.terms)
    value += "table" in term ? term.table[point[term.axis]!]! : term.stride * point[term.axis]!;
  return value;
}

/** Smallest and largest value over all points of the box `0 <= axis < sizes[axis]`, inclusive. */
export function rangeOf(index: Index, sizes: (axis: number) => number): { min: number; max: number } {
  let min = index.offset;
  let max = index.offset;
  for (const term of index.terms) {
    if ("table" in term) {
      const used = term.table.slice(0, sizes(term.axis));
      const extremes = extremesOf(used);
      min += extremes.min;
      max += extremes.max;
    } else {
      const last = term.stride * (sizes(term.axis) - 1);
      min += Math.min(0, last);
      max += Math.max(0, last);
    }
  }
  return { min, max };
}

export function axesOf(index: Index): Set<number> {
  return new Set(index.terms.map((term) => term.axis));
}

/** The stride of `axis`: 0 where it does not occur, undefined where a table depends on it. */
export function strideAlong(index: Index, axis: number): number | undefined {
  let stride = 0;
  for (const term of index.terms) {
    if (term.axis !== axis) continue;
    if ("table" in term) return undefined;
    stride += term.stride;
  }
  return stride;
}
