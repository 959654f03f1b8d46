/**
 * Indices in normal form, for proofs: an offset, one stride an axis, and one table an axis where its part is not
 * linear. A box gives each axis' values as an inclusive range.
 */
import type { Index } from "./index-expression.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** The values of each axis, by its number. */
export type Box = readonly Range[];

export interface AffineForm {
  readonly offset: number;
  readonly strides: ReadonlyMap<number, number>;
  /** Where an axis has a table, all its contribution stands there. */
  readonly tables: ReadonlyMap<number, readonly number[]>;
}

/** Σ factor·index, with what cancels cancelled and linear tables turned into strides. */
export function combine(
  parts: readonly { readonly form: AffineForm; readonly factor: number }[],
): AffineForm {
  let offset = 0;
  const strides = new Map<number, number>();
  const tables = new Map<number, number[]>();
  for (const { form, factor } of parts) {
    offset += factor * form.offset;
    for (const [axis, stride] of form.strides) strides.set(axis, (strides.get(axis) ?? 0) + factor * stride);
    for (const [axis, table] of form.tables) {
      const sum = tables.get(axis);
      tables.set(
        axis,
        table.map((value, at) => factor * value + (sum?.[at] ?? 0)),
      );
    }
  }
  for (const [axis, table] of tables) {
    const first = table[0]!;
    const step = (table[1] ?? first) - first;
    if (table.every((value, at) => value === first + step * at)) {
      offset += first;
      strides.set(axis, (strides.get(axis) ?? 0) + step);
      tables.delete(axis);
    } else {
      const stride = strides.get(axis) ?? 0;
      strides.delete(axis);
      tables.set(
        axis,
        table.map((value, at) => value + stride * at),
      );
    }
  }
  for (const [axis, stride] of strides) if (stride === 0) strides.delete(axis);
  return { offset, strides, tables };
}

/** The normal form of an index over axes of the given sizes; axes of size 1 vanish. */
export function affineForm(index: Index, sizes: readonly number[]): AffineForm {
  let { offset } = index;
  const strides = new Map<number, number>();
  const tables: AffineForm[] = [];
  for (const term of index.terms) {
    const { axis } = term;
    const size = sizes[axis]!;
    if ("table" in term) {
      if (size === 1) offset += term.table[0]!;
      else
        tables.push({ offset: 0, strides: noStrides, tables: new Map([[axis, term.table.slice(0, size)]]) });
    } else if (size > 1) {
      const stride = (strides.get(axis) ?? 0) + term.stride;
      if (stride === 0) strides.delete(axis);
      else strides.set(axis, stride);
    }
  }
  const linear = { offset, strides, tables: noTables };
  return tables.length === 0 ? linear : combine([linear, ...tables].map((form) => ({ form, factor: 1 })));
}

const noStrides: AffineForm["strides"] = new Map();
const noTables: AffineForm["tables"] = new Map();

/** The form where an axis has one value. */
export function substituteValue(form: AffineForm, axis: number, value: number): AffineForm {
  const table = form.tables.get(axis);
  const stride = form.strides.get(axis);
  if (table === undefined && stride === undefined) return form;
  const without = <V>(map: ReadonlyMap<number, V>): Map<number, V> =>
    new Map([...map].filter(([other]) => other !== axis));
  return {
    offset: form.offset + (table?.[value] ?? 0) + (stride ?? 0) * value,
    strides: without(form.strides),
    tables: without(form.tables),
  };
}

export function axesOfForm(form: AffineForm): number[] {
  return [...form.strides.keys(), ...form.tables.keys()];
}

function contribution(form: AffineForm, axis: number, { min, max }: Range): Range {
  const table = form.tables.get(axis);
  if (table === undefined) {
    const stride = form.strides.get(axis)!;
    return stride > 0 ? { min: stride * min, max: stride * max } : { min: stride * max, max: stride * min };
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let value = min; value <= max; value++) {
    low = Math.min(low, table[value]!);
    high = Math.max(high, table[value]!);
  }
  return { min: low, max: high };
}

/** Smallest and largest value over a box. */
export function rangeInBox(form: AffineForm, box: Box): Range {
  let { offset: min, offset: max } = form;
  for (const [axis, stride] of form.strides) {
    const range = box[axis]!;
    min += stride * (stride > 0 ? range.min : range.max);
    max += stride * (stride > 0 ? range.max : range.min);
  }
  for (const axis of form.tables.keys()) {
    const part = contribution(form, axis, box[axis]!);
    min += part.min;
    max += part.max;
  }
  return { min, max };
}

/** A guard in normal form: 0 <= form < size. */
export interface Condition {
  readonly form: AffineForm;
  readonly size: number;
}

/** Enough for chains of conditions; shrinking further could only prove more. */
const mostRounds = 16;

/** Shrinks a box to what the conditions, each by itself, leave of each axis; undefined where nothing is left. */
export function tighten(box: Box, conditions: readonly Condition[]): Box | undefined {
  const result = [...box];
  let changed = true;
  for (let round = 0; changed && round < mostRounds; round++) {
    changed = false;
    for (const { form, size } of conditions) {
      const whole = rangeInBox(form, result);
      if (whole.max < 0 || whole.min >= size) return undefined;
      if (whole.min >= 0 && whole.max < size) continue;
      for (const axis of axesOfForm(form)) {
        const before = result[axis]!;
        const own = contribution(form, axis, before);
        const now = rangeInBox(form, result);
        const lowest = -(now.max - own.max);
        const highest = size - 1 - (now.min - own.min);
        const after = valuesWithin(form, axis, before, { min: lowest, max: highest });
        if (after === undefined) return undefined;
        if (after.min === before.min && after.max === before.max) continue;
        result[axis] = after;
        changed = true;
      }
    }
  }
  return result;
}

/** The part of an axis' range, shrunk from both ends, where its contribution lies within `allowed`. */
function valuesWithin(form: AffineForm, axis: number, range: Range, allowed: Range): Range | undefined {
  const table = form.tables.get(axis);
  let { min, max } = range;
  if (table !== undefined) {
    const fits = (value: number): boolean => table[value]! >= allowed.min && table[value]! <= allowed.max;
    while (min <= max && !fits(min)) min++;
    while (min <= max && !fits(max)) max--;
  } else {
    const stride = form.strides.get(axis)!;
    const [low, high] = stride > 0 ? [allowed.min, allowed.max] : [allowed.max, allowed.min];
    min = Math.max(min, Math.ceil(low / stride));
    max = Math.min(max, Math.floor(high / stride));
  }
  return min <= max ? { min, max } : undefined;
}
