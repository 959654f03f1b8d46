/** One use of a kernel in a test: what the printers' runners take. */
import type { KernelCode } from "../codegen/kernel-code.ts";
import type { Elements } from "./kernel-cases.ts";

export interface KernelRun {
  readonly kernel: KernelCode;
  /** Contents by argument slot; the same array in two slots is the same memory. Left as they are. */
  readonly buffers: readonly Elements[];
  /** Ranges of tasks, called one after the other. */
  readonly ranges: readonly (readonly [begin: number, end: number])[];
}

export interface DistinctRegions {
  readonly regions: readonly Uint8Array[];
  /** The region of each argument slot: buffers, then tables. */
  readonly slots: readonly number[];
}

/** The bytes to place in memory, with buffers in several slots placed once. */
export function distinctRegions(kernel: KernelCode, buffers: readonly Elements[]): DistinctRegions {
  const all = [...buffers, ...kernel.tables];
  const distinct = [...new Set(all)];
  return {
    regions: distinct.map(
      ({ buffer, byteOffset, byteLength }) =>
        new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength)),
    ),
    slots: all.map((elements) => distinct.indexOf(elements)),
  };
}
