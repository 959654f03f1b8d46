/** Blocks of a range of addresses that can be moved together, so that all that is free lies in one piece. */
import { invariant } from "../../../util/errors.ts";
import { Allocator, type Move } from "./allocator.ts";

/** A piece of the device's memory. Where it lies may change whenever no run is under way. */
export interface Block {
  /** A multiple of 64. */
  readonly address: number;
}

interface MovableBlock extends Block {
  address: number;
}

export class Blocks {
  readonly allocator: Allocator;
  readonly #live = new Map<number, MovableBlock>();

  constructor(start: number) {
    this.allocator = new Allocator(start);
  }

  /** Undefined where no piece is large enough. */
  allocate(bytes: number): Block | undefined {
    const address = this.allocator.allocate(bytes);
    if (address === undefined) return undefined;
    const block = { address };
    this.#live.set(address, block);
    return block;
  }

  free(block: Block): void {
    invariant(this.#live.get(block.address) === block, `the block at ${block.address} is freed twice`);
    this.#live.delete(block.address);
    this.allocator.free(block.address);
  }

  /** Gives the blocks the lowest addresses, in their order; their bytes have to be moved in the order of the answer. */
  compact(): readonly Move[] {
    const moves = this.allocator.compact();
    for (const { from, to } of moves) {
      const block = this.#live.get(from)!;
      this.#live.delete(from);
      block.address = to;
      this.#live.set(to, block);
    }
    return moves;
  }
}
