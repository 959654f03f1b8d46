/** A buffer access or a position, flattened: offset + Σ stride·axis + Σ table[axis]. */
import type { LoadIndex } from "../../kernel/expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { byteSize } from "../../tensor/dtype.ts";
import { stridesOf } from "../../tensor/shape.ts";

export interface LinearForm {
  readonly offset: number;
  /** By axis; 0 where the axis does not occur. */
  readonly strides: readonly number[];
  /** At most one an axis. */
  readonly tables: readonly { readonly axis: number; readonly table: readonly number[] }[];
}

/** Σ scale[d]·index[d] over a nest with `axes` axes; run-time dimensions are left out. */
export function linearForm(index: readonly LoadIndex[], scales: readonly number[], axes: number): LinearForm {
  let offset = 0;
  const strides = new Array<number>(axes).fill(0);
  let tables: Map<number, readonly number[]> | undefined;
  for (let d = 0; d < index.length; d++) {
    const dimension = index[d]!;
    if ("dynamic" in dimension) continue;
    const scale = scales[d]!;
    offset += dimension.offset * scale;
    for (const term of dimension.terms) {
      if ("table" in term) {
        tables ??= new Map();
        tables.set(term.axis, scaledSum(term.table, scale, tables.get(term.axis)));
      } else strides[term.axis]! += term.stride * scale;
    }
  }
  if (tables === undefined) return { offset, strides, tables: none };
  for (const [axis, table] of tables) {
    const step = stepOf(table);
    if (step === undefined) continue;
    offset += table[0]!;
    strides[axis]! += step;
    tables.delete(axis);
  }
  return { offset, strides, tables: [...tables].map(([axis, table]) => ({ axis, table })) };
}

const none: readonly never[] = [];

const scaled = new WeakMap<readonly number[], Map<number, readonly number[]>>();

/** table·scale + before, element by element. */
function scaledSum(
  table: readonly number[],
  scale: number,
  before: readonly number[] | undefined,
): readonly number[] {
  if (before !== undefined) return sumOf(table, scale, before);
  let known = scaled.get(table);
  if (known === undefined) {
    known = new Map();
    scaled.set(table, known);
  }
  let result = known.get(scale);
  if (result === undefined) {
    result = sumOf(table, scale, undefined);
    known.set(scale, result);
  }
  return result;
}

function sumOf(table: readonly number[], scale: number, before: readonly number[] | undefined): number[] {
  const sum = new Array<number>(table.length);
  for (let at = 0; at < table.length; at++) sum[at] = table[at]! * scale + (before?.[at] ?? 0);
  return sum;
}

/** The difference between neighbours where it is always the same. */
function stepOf(table: readonly number[]): number | undefined {
  const step = (table[1] ?? table[0]!) - table[0]!;
  for (let at = 0; at < table.length; at++) if (table[at] !== table[0]! + step * at) return undefined;
  return step;
}

/** An access in bytes from the buffer's start. */
export function accessForm(buffer: Buffer, index: readonly LoadIndex[], axes: number): LinearForm {
  const bytes = byteSize[buffer.dtype];
  const scales = stridesOf(buffer.shape).map((stride) => stride * bytes);
  return linearForm(index, scales, axes);
}

/** The bit of each axis on which the value depends. */
export function axesMask({ strides, tables }: Pick<LinearForm, "strides" | "tables">): number {
  let mask = 0;
  strides.forEach((stride, axis) => {
    if (stride !== 0) mask |= 1 << axis;
  });
  for (const { axis } of tables) mask |= 1 << axis;
  return mask;
}
