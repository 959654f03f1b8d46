/**
 * Memory that a nest must touch: every element that it reads or writes counts once, as with a cache that holds it
 * all. Dimensions are taken to be independent of each other.
 */
import { type Load, loadsOf } from "../../kernel/access.ts";
import type { LoadIndex } from "../../kernel/expression.ts";
import { type Index, rangeOf } from "../../kernel/index-expression.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import { byteSize } from "../../tensor/dtype.ts";
import { sizeOf } from "../../tensor/shape.ts";

export interface Traffic {
  readonly read: number;
  readonly written: number;
}

export function countBytes(nest: Nest): Traffic {
  return { read: touched(nest, loadsOf(nest)), written: touched(nest, nest.stores) };
}

type Access = Pick<Load, "buffer" | "index">;

function touched(nest: Nest, accesses: readonly Access[]): number {
  const elements = new Map<Buffer, Map<string, number>>();
  for (const { buffer, index } of accesses) {
    const { shape } = nest.buffers[buffer]!;
    const storage = storageOf(nest.buffers[buffer]!);
    const known = elements.get(storage) ?? new Map<string, number>();
    elements.set(storage, known);
    const key = JSON.stringify([shape, index]);
    if (known.has(key)) continue;
    const counts = index.map((at, dimension) => distinct(nest, at, shape[dimension]!));
    known.set(
      key,
      counts.reduce((product, count) => product * count, 1),
    );
  }
  let bytes = 0;
  for (const [storage, known] of elements) {
    const sum = [...known.values()].reduce((total, count) => total + count, 0);
    bytes += Math.min(sum, sizeOf(storage.shape)) * byteSize[storage.dtype];
  }
  return bytes;
}

/** Positions that are told apart one by one; of more, all from the first to the last are counted. */
const mostEnumerated = 2 ** 20;

/** How many of the positions 0 to size - 1 an index takes. */
function distinct(nest: Nest, index: LoadIndex, size: number): number {
  if ("dynamic" in index) return size;
  const { min, max } = rangeOf(index, (axis) => nest.axes[axis]!.size);
  const points = index.terms.reduce((product, { axis }) => product * nest.axes[axis]!.size, 1);
  return points > mostEnumerated || contiguous(nest, index, min, max)
    ? overlap(min, max, size)
    : enumerate(nest, index, size);
}

/** Whether every integer from min to max occurs: each stride fits into what the smaller ones cover. */
function contiguous(nest: Nest, index: Index, min: number, max: number): boolean {
  const terms = index.terms.filter((term) => nest.axes[term.axis]!.size > 1);
  const strides = terms.flatMap((term) =>
    "stride" in term ? [{ ...term, stride: Math.abs(term.stride) }] : [],
  );
  if (strides.length < terms.length) return false;
  let covered = 1;
  for (const { axis, stride } of strides.sort((a, b) => a.stride - b.stride)) {
    if (stride > covered) return false;
    covered += stride * (nest.axes[axis]!.size - 1);
  }
  return covered === max - min + 1;
}

function overlap(min: number, max: number, size: number): number {
  return Math.max(0, Math.min(max, size - 1) - Math.max(min, 0) + 1);
}

function enumerate(nest: Nest, index: Index, size: number): number {
  let values = new Set([index.offset]);
  for (const term of index.terms) {
    const next = new Set<number>();
    for (let at = 0; at < nest.axes[term.axis]!.size; at++) {
      const part = "table" in term ? term.table[at]! : term.stride * at;
      for (const value of values) next.add(value + part);
    }
    values = next;
  }
  return [...values].filter((value) => 0 <= value && value < size).length;
}
