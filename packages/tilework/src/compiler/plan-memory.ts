/**
 * Fixes where every buffer lies before the first step. Two buffers may share bytes when no stage needs both.
 *
 * Greedy: one buffer after the other, each at the lowest offset where no buffer that lives at the same time lies.
 * The order decides; largest first is nearly always best already. The sum of the bytes that are alive in one stage is
 * a lower bound for any plan (see `liveBytes`); while it is missed, other orders are tried.
 */
import type { Buffer } from "../kernel/nest.ts";
import { byteSize } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";
import { spreadBytes } from "./spread-bytes.ts";

/** Buffers start at multiples of a cache line. */
export const alignment = 64;

/** Bounds of the search for a better order: orders a start, and visits of pairs of buffers. */
const mostTries = 200;
const mostVisits = 2_000_000;

export interface Lifetime {
  readonly buffer: Buffer;
  readonly bytes: number;
  /** First and last stage that needs it, inclusive. */
  readonly first: number;
  readonly last: number;
}

export interface MemoryPlan {
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
  /** The largest sum of the bytes of buffers that are alive in the same stage. */
  readonly liveBytes: number;
}

export function bytesOf(buffer: Buffer): number {
  return Math.max(1, Math.ceil((sizeOf(buffer.shape) * byteSize[buffer.dtype]) / alignment)) * alignment;
}

export function planMemory(lifetimes: readonly Lifetime[]): MemoryPlan {
  const spread = lifetimes.map((life) => ({ ...life, bytes: spreadBytes(life.bytes) }));
  const sums = liveSums(spread);
  const bound = Math.max(0, ...sums);
  let best: Placed | undefined;
  for (const order of startOrders(spread, sums)) {
    best = better(best, improve(order, bound));
    if (best.bytes <= bound) break;
  }
  const { offsets } = best!;
  const ends = lifetimes.map(({ buffer, bytes }) => offsets.get(buffer)! + bytes);
  return { offsets, bytes: Math.max(0, ...ends), liveBytes: Math.max(0, ...liveSums(lifetimes)) };
}

interface Placed {
  readonly order: readonly Lifetime[];
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
}

function better(a: Placed | undefined, b: Placed): Placed {
  return a === undefined || b.bytes < a.bytes ? b : a;
}

/** Largest first; then what lives longest; then what lives where memory is scarcest. */
function* startOrders(lifetimes: readonly Lifetime[], sums: readonly number[]): Generator<Lifetime[]> {
  const sorted = (key: (life: Lifetime) => number): Lifetime[] => {
    const keys = new Map(lifetimes.map((life) => [life, key(life)]));
    return [...lifetimes].sort(
      (a, b) => keys.get(b)! - keys.get(a)! || b.bytes - a.bytes || a.first - b.first,
    );
  };
  yield sorted((life) => life.bytes);
  yield sorted((life) => life.bytes * (life.last - life.first + 1));
  yield sorted((life) => life.last - life.first);
  yield sorted((life) => Math.max(...sums.slice(life.first, life.last + 1)));
}

/** Places in that order, then again and again with the buffers at the very top moved to the front. */
function improve(order: readonly Lifetime[], bound: number): Placed {
  let current = place(order);
  let best = current;
  const tries = Math.min(mostTries, Math.ceil(mostVisits / (order.length ** 2 + 1)));
  for (let attempt = 0; attempt < tries && best.bytes > bound; attempt++) {
    const { bytes, offsets } = current;
    const isTop = (life: Lifetime): boolean => offsets.get(life.buffer)! + life.bytes === bytes;
    current = place([...current.order.filter(isTop), ...current.order.filter((life) => !isTop(life))]);
    best = better(best, current);
  }
  return best;
}

/** Each at the lowest offset where nothing lies that lives at the same time. */
function place(order: readonly Lifetime[]): Placed {
  const placed: { life: Lifetime; offset: number }[] = [];
  const offsets = new Map<Buffer, number>();
  let bytes = 0;
  for (const life of order) {
    let offset = 0;
    for (const { life: other, offset: start } of placed) {
      if (start - offset >= life.bytes) break;
      if (other.first <= life.last && life.first <= other.last)
        offset = Math.max(offset, start + other.bytes);
    }
    const next = placed.findIndex((other) => other.offset > offset);
    placed.splice(next < 0 ? placed.length : next, 0, { life, offset });
    offsets.set(life.buffer, offset);
    bytes = Math.max(bytes, offset + life.bytes);
  }
  return { order, offsets, bytes };
}

/** The bytes that are alive in each stage. */
function liveSums(lifetimes: readonly Lifetime[]): number[] {
  const sums = new Array<number>(1 + Math.max(-1, ...lifetimes.map((life) => life.last))).fill(0);
  for (const { first, last, bytes } of lifetimes)
    for (let stage = first; stage <= last; stage++) sums[stage]! += bytes;
  return sums;
}
