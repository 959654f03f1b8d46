/**
 * The only door to the host's foreign functions: executable memory and calls into it. Open it in workers only; the
 * hosts' own modules are asked for by name at run time, so that no bundle for a browser meets them.
 *
 * No memory is ever writable and executable at once. Code is called by way of C's `bsearch` over one element, which
 * calls its comparator exactly once, on this thread, with the addresses of the key and the element: hosts call
 * symbols of libraries, not addresses.
 */
import { openBunFunctions } from "./bun-foreign-functions.ts";
import { openDenoFunctions } from "./deno-foreign-functions.ts";
import { openNodeFunctions } from "./node-foreign-functions.ts";

/** An address in the form that the host's calls take fastest. */
export type Pointer = bigint | number | object;

/** What is needed of C's library. Addresses are BigInts; sizes are in bytes. */
export interface Libc {
  /** Fresh private memory, readable and writable; an address that is no multiple of 4096 where it is refused. */
  mapMemory(bytes: number): bigint;
  /** Makes memory readable and executable and no longer writable; whether that was granted. */
  makeExecutable(address: bigint, bytes: number): boolean;
  unmap(address: bigint, bytes: number): void;
  /** Asks the system to back memory with large pages (2 MiB on x86-64); where it has none, nothing changes. */
  preferLargePages(address: bigint, bytes: number): void;
  copy(source: Uint8Array, address: bigint): void;
  /** Where a buffer's bytes lie; for the memory of WebAssembly that is the same in all threads and for good. */
  addressOf(buffer: ArrayBufferLike): bigint;
  pointerTo(address: bigint): Pointer;
  /** Calls the code with the two addresses as a comparator; the code gives 0. */
  call(code: Pointer, first: Pointer, second: Pointer): void;
}

/** Executable memory that holds one block of code. */
export interface MappedCode {
  readonly address: bigint;
  /** Gives the memory back; nothing may call the code any more. */
  unmap(): void;
}

export class ForeignFunctions {
  readonly #libc: Libc;
  readonly addressOf: Libc["addressOf"];
  readonly pointerTo: Libc["pointerTo"];
  readonly call: Libc["call"];
  readonly preferLargePages: Libc["preferLargePages"];

  constructor(libc: Libc) {
    this.#libc = libc;
    this.addressOf = libc.addressOf;
    this.pointerTo = libc.pointerTo;
    this.call = libc.call;
    this.preferLargePages = libc.preferLargePages;
  }

  /** Maps the code to fresh pages, or gives the reason why the system does not let us. */
  mapCode(code: Uint8Array): MappedCode | string {
    const libc = this.#libc;
    const address = libc.mapMemory(code.length);
    if (address % 4096n !== 0n) return "the system gave no memory for machine code";
    libc.copy(code, address);
    const unmap = (): void => libc.unmap(address, code.length);
    if (libc.makeExecutable(address, code.length)) return { address, unmap };
    unmap();
    return "the system does not let programs make memory executable";
  }
}

/** The host's foreign functions, or the reason why there are none here. */
export function openForeignFunctions(): ForeignFunctions | string {
  const libc = openLibc();
  return typeof libc === "string" ? libc : new ForeignFunctions(libc);
}

function openLibc(): Libc | string {
  try {
    if ("Deno" in globalThis) return openDenoFunctions();
    if ("Bun" in globalThis) return openBunFunctions();
    if (typeof process === "object" && process.versions?.node !== undefined) return openNodeFunctions();
  } catch (error) {
    return `foreign functions cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
  return "browsers have no foreign functions";
}
