/**
 * Blocks that only save work: what lies in them can be made again. They are given back when memory is needed for
 * anything else, or when there are too many bytes of them, those first that were used the longest time ago; never
 * while workers use them.
 */
import { blockBytes } from "./allocator.ts";
import type { Block } from "./blocks.ts";
import type { DeviceMemory } from "./device-memory.ts";

export interface SpareBlock {
  readonly bytes: number;
  /** Undefined once it has been given back. */
  readonly address: number | undefined;
}

class KeptBlock implements SpareBlock {
  readonly bytes: number;
  /** Undefined once it has been given back. */
  block: Block | undefined;
  /** Runs under way that use it. */
  users = 0;

  constructor(bytes: number, block: Block) {
    this.bytes = bytes;
    this.block = block;
  }

  get address(): number | undefined {
    return this.block?.address;
  }
}

/** Bytes of all spare blocks together, unless a single one is larger. */
const mostBytes = 256 * 2 ** 20;

export class SpareBlocks {
  readonly #memory: DeviceMemory;
  readonly #mostBytes: number;
  /** The one whose last use is longest ago comes first. */
  readonly #blocks = new Set<KeptBlock>();
  readonly #owners: FinalizationRegistry<KeptBlock>;

  constructor(memory: DeviceMemory, limit: number = mostBytes) {
    this.#memory = memory;
    this.#mostBytes = limit;
    this.#owners = new FinalizationRegistry((block) => this.#giveBack(block));
    memory.makeRoom = () => this.#giveOneBack();
  }

  /** A block for an owner, with whose collection it is given back. Throws a DeviceMemoryError where there is no room. */
  take(owner: object, bytes: number): SpareBlock {
    while (this.bytes + blockBytes(bytes) > this.#mostBytes && this.#giveOneBack());
    const block = new KeptBlock(bytes, this.#memory.allocate(bytes));
    this.#blocks.add(block);
    this.#owners.register(owner, block, owner);
    return block;
  }

  /** Keeps a block from being given back until the function that it returns is called. */
  hold(block: SpareBlock): () => void {
    const kept = block as KeptBlock;
    kept.users++;
    this.#blocks.delete(kept);
    this.#blocks.add(kept);
    return () => {
      kept.users--;
    };
  }

  /** Gives an owner's block back; nothing may use it any more. */
  release(owner: object, block: SpareBlock): void {
    this.#owners.unregister(owner);
    this.#giveBack(block as KeptBlock);
  }

  /** Gives back all that is not in use. */
  giveBackUnused(): void {
    while (this.#giveOneBack());
  }

  /** The addresses of those that could be given back now. */
  get unused(): number[] {
    return [...this.#blocks].flatMap(({ users, address }) =>
      users === 0 && address !== undefined ? [address] : [],
    );
  }

  /** Bytes that could be given back when nothing runs. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#blocks) sum += blockBytes(bytes);
    return sum;
  }

  #giveOneBack(): boolean {
    for (const block of this.#blocks)
      if (block.users === 0) {
        this.#giveBack(block);
        return true;
      }
    return false;
  }

  #giveBack(block: KeptBlock): void {
    if (block.block === undefined) return;
    this.#blocks.delete(block);
    this.#memory.free(block.block);
    block.block = undefined;
  }
}
