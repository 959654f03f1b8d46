/** The one thing in which CPU devices differ: how a printed kernel is loaded and called. */
import type { KernelBinary } from "../pool/messages.ts";

/** Computes tasks [begin, end) with the argument block at that address. */
export type Kernel = (argumentBlock: number, begin: number, end: number) => void;

export interface LoadedKernels {
  /** In the order of the program's plan. */
  readonly kernels: readonly Kernel[];
  /** Gives back what the garbage collector does not; the kernels may not be called any more. */
  release(): void;
}

export interface KernelLoader<Kind extends KernelBinary["kind"]> {
  load(binary: Extract<KernelBinary, { readonly kind: Kind }>): LoadedKernels;
}
