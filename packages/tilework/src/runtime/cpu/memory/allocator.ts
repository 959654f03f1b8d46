/**
 * First fit over a growing range of addresses. Blocks are aligned to 64 bytes, a cache line, so that vectors never
 * cross one and two blocks never share one. Free blocks are kept sorted and merge with their neighbours. Behind whole
 * pages some bytes are left free where there is room, so that blocks start in different sets of the first cache.
 */
import { spreadBytes } from "../../../compiler/spread-bytes.ts";
import { invariant } from "../../../util/errors.ts";

interface FreeBlock {
  address: number;
  bytes: number;
}

/** Bytes that go to a lower address. */
export interface Move {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

export const alignment = 64;

/** The next multiple of 64. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Bytes that a block takes which was asked for so many. */
export function blockBytes(bytes: number): number {
  return Math.max(alignment, aligned(bytes));
}

export class Allocator {
  readonly #free: FreeBlock[] = [];
  readonly #used = new Map<number, number>();
  readonly #start: number;
  #end: number;

  /** Manages addresses from `start` on; there is nothing to give until `extend`. */
  constructor(start: number) {
    this.#start = aligned(start);
    this.#end = this.#start;
  }

  /** The first address that has never been handed over. */
  get end(): number {
    return this.#end;
  }

  /** Bytes in use. */
  get used(): number {
    let sum = 0;
    for (const bytes of this.#used.values()) sum += bytes;
    return sum;
  }

  /** Adds all addresses up to `end`. */
  extend(end: number): void {
    if (end > this.#end) this.#insert({ address: this.#end, bytes: end - this.#end });
    this.#end = Math.max(end, this.#end);
  }

  /** The address of a block, or undefined when none is large enough. */
  allocate(bytes: number): number | undefined {
    return this.#take(aligned(spreadBytes(blockBytes(bytes)))) ?? this.#take(blockBytes(bytes));
  }

  #take(size: number): number | undefined {
    const at = this.#free.findIndex((block) => block.bytes >= size);
    const block = this.#free[at];
    if (block === undefined) return undefined;
    const { address } = block;
    block.address += size;
    block.bytes -= size;
    if (block.bytes === 0) this.#free.splice(at, 1);
    this.#used.set(address, size);
    return address;
  }

  /** Bytes of the largest block that could be had with all addresses up to `end`. */
  largestFree(end: number): number {
    const tail = Math.max(0, end - this.#end);
    return this.#free.reduce((most, { address, bytes }) => {
      const size = address + bytes === this.#end ? bytes + tail : bytes;
      return Math.max(most, size);
    }, tail);
  }

  /** One in the same state, to try things out. */
  copy(): Allocator {
    const copy = new Allocator(this.#start);
    copy.#end = this.#end;
    for (const { address, bytes } of this.#free) copy.#free.push({ address, bytes });
    for (const [address, bytes] of this.#used) copy.#used.set(address, bytes);
    return copy;
  }

  /** How much `extend` must add at the end for a block of this size. */
  missing(bytes: number): number {
    const last = this.#free[this.#free.length - 1];
    const usable = last !== undefined && last.address + last.bytes === this.#end ? last.bytes : 0;
    return blockBytes(bytes) - usable;
  }

  free(address: number): void {
    const bytes = this.#used.get(address);
    invariant(bytes !== undefined, `address ${address} is freed twice or was never allocated`);
    this.#used.delete(address);
    this.#insert({ address, bytes });
  }

  /**
   * Gives the blocks in use the lowest addresses, in their order, so that all that is free lies behind them. Moved one
   * after the other as the answer says, no block overwrites one that is still to be moved.
   */
  compact(): readonly Move[] {
    const moves: Move[] = [];
    let to = this.#start;
    for (const [from, bytes] of [...this.#used].sort(([a], [b]) => a - b)) {
      if (from !== to) moves.push({ from, to, bytes });
      to += bytes;
    }
    for (const { from, to, bytes } of moves) {
      this.#used.delete(from);
      this.#used.set(to, bytes);
    }
    this.#free.length = 0;
    if (to < this.#end) this.#free.push({ address: to, bytes: this.#end - to });
    return moves;
  }

  #insert(block: FreeBlock): void {
    let at = this.#free.findIndex((other) => other.address > block.address);
    if (at < 0) at = this.#free.length;
    this.#free.splice(at, 0, block);
    this.#mergeWithNext(at);
    if (at > 0) this.#mergeWithNext(at - 1);
  }

  #mergeWithNext(at: number): void {
    const block = this.#free[at]!;
    const next = this.#free[at + 1];
    if (next === undefined || block.address + block.bytes !== next.address) return;
    block.bytes += next.bytes;
    this.#free.splice(at + 1, 1);
  }
}
