/**
 * Fixes where every buffer lies before the first step. Two buffers may share bytes when no stage needs both.
 *
 * Greedy by size: the largest buffer first, each at the lowest offset where no buffer that lives at the same time
 * lies. The sum of the bytes that are alive in one stage is a lower bound for any plan (see `liveBytes`).
 */
import type { Buffer } from "../kernel/nest.ts";
import { byteSize } from "../tensor/dtype.ts";
import { sizeOf } from "../tensor/shape.ts";

/** Buffers start at multiples of a cache line. */
export const alignment = 64;

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
  const placed: { life: Lifetime; offset: number }[] = [];
  const offsets = new Map<Buffer, number>();
  let bytes = 0;
  for (const life of [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const neighbours = placed
      .filter(({ life: other }) => other.first <= life.last && life.first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const neighbour of neighbours) {
      if (neighbour.offset - offset >= life.bytes) break;
      offset = Math.max(offset, neighbour.offset + neighbour.life.bytes);
    }
    placed.push({ life, offset });
    offsets.set(life.buffer, offset);
    bytes = Math.max(bytes, offset + life.bytes);
  }
  return { offsets, bytes, liveBytes: liveBytes(lifetimes) };
}

function liveBytes(lifetimes: readonly Lifetime[]): number {
  const stages = 1 + Math.max(-1, ...lifetimes.map((life) => life.last));
  let most = 0;
  for (let stage = 0; stage < stages; stage++) {
    let sum = 0;
    for (const life of lifetimes) if (life.first <= stage && stage <= life.last) sum += life.bytes;
    most = Math.max(most, sum);
  }
  return most;
}
