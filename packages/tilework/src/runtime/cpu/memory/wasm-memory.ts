/** The memory of one device: WebAssembly's, because kernels of all kinds can work on it and it grows in place. */
import { lowestAddress } from "../../../codegen/lowest-address.ts";

export const pageBytes = 65536;

const initialPages = lowestAddress / pageBytes + 1;

/** What kernels' modules declare; a memory with a smaller maximum fits them too. */
export const maximumPages = 65536;

export interface GrowingMemory {
  readonly memory: WebAssembly.Memory;
  /** Bytes that it may grow to. */
  readonly limit: number;
}

/** A memory that may grow to 4 GiB, or to what the engine grants; it starts with one page above the lowest address. */
export function createMemory(shared: boolean): GrowingMemory {
  for (let maximum = maximumPages; ; maximum /= 2) {
    try {
      const memory = new WebAssembly.Memory({ initial: initialPages, maximum, shared });
      return { memory, limit: maximum * pageBytes };
    } catch (error) {
      if (maximum <= 256) throw error;
    }
  }
}
