/** Room for a copy of some of a store's variables, which workers make before a step changes them. Shared memory only. */
import type { Variable } from "../../../graph/value.ts";
import { aligned } from "./allocator.ts";
import { bytesOf } from "./bytes.ts";
import type { SpareBlock } from "./spare-blocks.ts";
import type { CpuStore } from "./store.ts";

/** Bytes that are copied from one address to another. */
export interface Copy {
  readonly source: number;
  readonly destination: number;
  readonly bytes: number;
}

export class Backup {
  readonly #store: CpuStore;
  readonly #variables: readonly Variable[];
  readonly #block: SpareBlock;

  /** Throws a DeviceMemoryError where there is no room. */
  constructor(store: CpuStore, variables: readonly Variable[]) {
    this.#store = store;
    this.#variables = variables;
    const bytes = variables.reduce((sum, variable) => sum + aligned(bytesOf(variable)), 0);
    this.#block = store.runtime.spare.take(this, bytes);
  }

  /** Whether its memory was needed for something else. */
  get isGone(): boolean {
    return this.#block.address === undefined;
  }

  /** Keeps its memory until the function that it returns is called. */
  hold(): () => void {
    return this.#store.runtime.spare.hold(this.#block);
  }

  /** What workers copy to make it. */
  get copies(): Copy[] {
    let destination = this.#block.address!;
    return this.#variables.map((variable) => {
      const bytes = bytesOf(variable);
      const copy = { source: this.#store.addressOf(variable), destination, bytes };
      destination += aligned(bytes);
      return copy;
    });
  }

  /** Gives the variables the copied values. Call it while no step runs. */
  restore(): void {
    const { memory } = this.#store.runtime;
    for (const { source, destination, bytes } of this.copies)
      memory.write(source, bytes, (target) =>
        target.set(new Uint8Array(memory.shared!.buffer, destination, bytes)),
      );
    this.#store.changed();
  }
}
