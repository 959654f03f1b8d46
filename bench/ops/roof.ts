/** The roof of an operation: what multiply-adds and memory allow it to reach. */

/** Bytes that must be read and written at least. */
export interface Traffic {
  readonly read: number;
  readonly written: number;
}

/** GB/s with the operation's footprint: of a copy, reads and writes together; of reading and of writing alone. */
export interface Bandwidths {
  readonly copy: number;
  readonly read?: number | undefined;
  readonly fill?: number | undefined;
}

export interface Roof {
  /** GFLOP/s. */
  readonly roof: number;
  readonly bound: "memory" | "arithmetic";
}

/**
 * The lower of `peak` (GFLOP/s) and what memory allows. Bytes that are both read and written move as a copy does; what
 * is read or written beyond that moves alone, in no case slower than within a copy.
 */
export function roofOf(operations: number, traffic: Traffic, peak: number, bandwidths: Bandwidths): Roof {
  const byMemory = operations / 1e9 / secondsOf(traffic, bandwidths);
  return byMemory < peak ? { roof: byMemory, bound: "memory" } : { roof: peak, bound: "arithmetic" };
}

function secondsOf(
  { read, written }: Traffic,
  { copy, read: reading = 0, fill: filling = 0 }: Bandwidths,
): number {
  const both = Math.min(read, written);
  const readAlone = (read - both) / Math.max(reading, copy / 2);
  const writtenAlone = (written - both) / Math.max(filling, copy / 2);
  return ((2 * both) / copy + readAlone + writtenAlone) / 1e9;
}
