/** Prints a program's kernels as one WebAssembly module. */
import { invariant } from "../../util/errors.ts";
import type { KernelCode } from "../kernel-code.ts";
import { encodeModule, type MemoryType } from "./encode.ts";
import { printKernel } from "./print-kernel.ts";

export interface PrintModuleOptions {
  /** Use relaxed SIMD: the engine must validate it, and its multiply-add must fuse (features.ts). */
  readonly relaxed: boolean;
  /** What the imported `env.memory` is declared to be. */
  readonly memory: MemoryType;
}

/**
 * The bytes of a module that imports `env.memory` and exports the kernels in order as `k0`, `k1`, …, each a
 * function of (address of the argument block, begin, end).
 */
export function printModule(
  kernels: readonly KernelCode[],
  { relaxed, memory }: PrintModuleOptions,
): Uint8Array<ArrayBuffer> {
  for (const kernel of kernels)
    invariant(kernel.lanes === 4, `${kernel.name}: wasm has 4 lanes, the kernel ${kernel.lanes}`);
  const functions = kernels.map((kernel, index) => printKernel(kernel, { relaxed, exportName: `k${index}` }));
  return encodeModule({ memory, functions });
}
