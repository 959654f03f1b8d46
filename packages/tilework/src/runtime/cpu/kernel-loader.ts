/** The one thing in which CPU devices differ: how a printed kernel is loaded and called. */
import type { KernelBinary } from "./messages.ts";

/** Computes tasks [begin, end) with the argument block at that address. */
export type Kernel = (argumentBlock: number, begin: number, end: number) => void;

export interface KernelLoader {
  /** The kernels in the order of the program's plan. */
  load(binary: KernelBinary): readonly Kernel[];
}
