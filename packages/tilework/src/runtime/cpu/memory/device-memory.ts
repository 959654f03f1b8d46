/**
 * The device's memory as the coordinating thread sees it: it alone hands out addresses. With shared memory it reads
 * and writes directly. Without, the one worker owns the memory, and bytes go to and fro in messages, in order with
 * the runs; then a copy of all that was written stays here, from which a fresh worker starts.
 */
import { lowestAddress } from "../../../codegen/lowest-address.ts";
import { platform } from "../../../platform/current.ts";
import { DeviceMemoryError } from "../../memory-error.ts";
import type { Allocator, Move } from "./allocator.ts";
import { type Block, Blocks } from "./blocks.ts";
import { createMemory, maximumPages, pageBytes } from "./wasm-memory.ts";

export interface DeviceMemory {
  /** What workers are given; undefined where the worker makes its own. */
  readonly shared: WebAssembly.Memory | undefined;
  /** How large it is by now. */
  readonly bytes: number;
  /** Bytes that can be handed out in all. */
  readonly limit: number;
  /** Bytes handed out. */
  readonly used: number;
  /** Called where there is no room: gives something back, or tells that there is nothing to give. */
  makeRoom: (() => boolean) | undefined;
  /** How often blocks were moved: addresses that were asked for at another number may be wrong. */
  readonly moves: number;

  /** A new block. Throws a DeviceMemoryError when there is no room. */
  allocate(bytes: number): Block;
  free(block: Block): void;

  /** Moves all blocks together, so that what is free lies in one piece. Call it while no run is under way. */
  compact(): void;
  /** The free and used addresses as if the memory had grown to its limit, to try things out. */
  addresses(): Allocator;
  /** Fills the first bytes of a block. */
  write(address: number, bytes: number, fill: (target: Uint8Array) => void): void;
  /** A copy of the bytes. */
  read(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>>;
  /** A block has these contents now: what a fresh worker must start from. */
  remember(address: number, data: Uint8Array): void;
  /** From now on a worker's own memory is reached by this link; it is brought up to date first. */
  connect(link: MemoryLink): void;
  /** Remembers what the worker's own memory holds by now, because the worker is about to end. */
  keep(): Promise<void>;
  /** The worker has ended: until another one is connected, what was remembered is all there is. */
  disconnect(link: MemoryLink): void;
}

/** How bytes reach a memory that a worker owns. */
export interface MemoryLink {
  write(address: number, data: Uint8Array): void;
  /** In this order. */
  move(moves: readonly Move[]): void;
  read(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

const growth = 16 * 2 ** 20;

export class SharedDeviceMemory implements DeviceMemory {
  readonly shared: WebAssembly.Memory;
  readonly #end: number;
  makeRoom: (() => boolean) | undefined;
  readonly #blocks = new Blocks(lowestAddress);
  moves = 0;

  constructor(memoryLimit: number = Number.POSITIVE_INFINITY) {
    const { memory, limit } = createMemory(true);
    this.shared = memory;
    this.#end = Math.min(limit, lowestAddress + wholePages(memoryLimit));
    this.#blocks.allocator.extend(this.bytes);
  }

  get bytes(): number {
    return this.shared.buffer.byteLength;
  }

  get limit(): number {
    return this.#end - lowestAddress;
  }

  get used(): number {
    return this.#blocks.allocator.used;
  }

  allocate(bytes: number): Block {
    for (;;) {
      const block = this.#blocks.allocate(bytes) ?? this.#growAndAllocate(bytes);
      if (block !== undefined) return block;
      if (!this.makeRoom?.()) throw this.#full(bytes);
    }
  }

  free(block: Block): void {
    this.#blocks.free(block);
  }

  compact(): void {
    const moves = this.#blocks.compact();
    const memory = new Uint8Array(this.shared.buffer);
    for (const { from, to, bytes } of moves) memory.copyWithin(to, from, from + bytes);
    if (moves.length > 0) this.moves++;
  }

  addresses(): Allocator {
    const copy = this.#blocks.allocator.copy();
    copy.extend(this.#end);
    return copy;
  }

  write(address: number, bytes: number, fill: (target: Uint8Array) => void): void {
    fill(new Uint8Array(this.shared.buffer, address, bytes));
  }

  async read(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(this.shared.buffer, address, bytes).slice();
  }

  remember(): void {}

  connect(): void {}

  async keep(): Promise<void> {}

  disconnect(): void {}

  #growAndAllocate(bytes: number): Block | undefined {
    const missing = this.#blocks.allocator.missing(bytes);
    if (this.bytes + missing > this.#end) return undefined;
    const generous = Math.min(Math.max(missing, growth), this.#end - this.bytes);
    if (!this.#tryGrow(generous) && !this.#tryGrow(missing)) return undefined;
    this.#blocks.allocator.extend(this.bytes);
    return this.#blocks.allocate(bytes)!;
  }

  /** Beyond the limit, or because the engine grants no more. */
  #full(bytes: number): DeviceMemoryError {
    const isBeyond = this.bytes + this.#blocks.allocator.missing(bytes) > this.#end;
    const end = isBeyond ? this.#end : this.bytes;
    const largest = this.#blocks.allocator.largestFree(end);
    return new DeviceMemoryError(bytes, this.used, end - lowestAddress, largest);
  }

  #tryGrow(bytes: number): boolean {
    try {
      this.shared.grow(Math.ceil(bytes / pageBytes));
      return true;
    } catch {
      return false;
    }
  }
}

export class WorkerOwnedMemory implements DeviceMemory {
  readonly shared: undefined;
  readonly limit: number;
  makeRoom: (() => boolean) | undefined;
  readonly #blocks = new Blocks(lowestAddress);
  moves = 0;
  readonly #contents = new Map<number, Uint8Array>();
  #link: MemoryLink | undefined;

  constructor(memoryLimit: number = Number.POSITIVE_INFINITY) {
    this.limit = Math.min(maximumPages * pageBytes - lowestAddress, wholePages(memoryLimit));
  }

  get bytes(): number {
    return this.#blocks.allocator.end;
  }

  get used(): number {
    return this.#blocks.allocator.used;
  }

  allocate(bytes: number): Block {
    for (;;) {
      const block = this.#blocks.allocate(bytes) ?? this.#growAndAllocate(bytes);
      if (block !== undefined) return block;
      if (this.makeRoom?.()) continue;
      throw new DeviceMemoryError(
        bytes,
        this.used,
        this.limit,
        this.#blocks.allocator.largestFree(lowestAddress + this.limit),
      );
    }
  }

  #growAndAllocate(bytes: number): Block | undefined {
    const missing = this.#blocks.allocator.missing(bytes);
    if (this.bytes + missing > lowestAddress + this.limit) return undefined;
    this.#blocks.allocator.extend(this.bytes + missing);
    return this.#blocks.allocate(bytes)!;
  }

  free(block: Block): void {
    this.#contents.delete(block.address);
    this.#blocks.free(block);
  }

  compact(): void {
    const moves = this.#blocks.compact();
    for (const { from, to } of moves) {
      const data = this.#contents.get(from);
      this.#contents.delete(from);
      if (data !== undefined) this.remember(to, data);
    }
    if (moves.length === 0) return;
    this.#link?.move(moves);
    this.moves++;
  }

  addresses(): Allocator {
    const copy = this.#blocks.allocator.copy();
    copy.extend(lowestAddress + this.limit);
    return copy;
  }

  write(address: number, bytes: number, fill: (target: Uint8Array) => void): void {
    const data = new Uint8Array(bytes);
    fill(data);
    this.remember(address, data);
    this.#link?.write(address, data);
  }

  async read(address: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#link !== undefined) return this.#link.read(address, bytes);
    return (this.#contents.get(address) ?? new Uint8Array(bytes)).slice(0, bytes);
  }

  remember(address: number, data: Uint8Array): void {
    this.#contents.set(address, data);
  }

  connect(link: MemoryLink): void {
    this.#link = link;
    for (const [address, data] of this.#contents) link.write(address, data);
  }

  async keep(): Promise<void> {
    const link = this.#link;
    if (link === undefined) return;
    for (const [address, { length }] of [...this.#contents]) {
      const data = await link.read(address, length);
      if (this.#contents.has(address)) this.remember(address, data);
    }
  }

  disconnect(link: MemoryLink): void {
    if (this.#link === link) this.#link = undefined;
  }
}

function wholePages(bytes: number): number {
  return Math.ceil(bytes / pageBytes) * pageBytes;
}

/** Shared memory where the platform has it, of at most so many bytes. */
export function createDeviceMemory(
  shared: boolean = platform.sharedMemory,
  memoryLimit?: number,
): DeviceMemory {
  return shared ? new SharedDeviceMemory(memoryLimit) : new WorkerOwnedMemory(memoryLimit);
}
