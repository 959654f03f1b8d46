/** Loads kernels that were printed as one WebAssembly module; they are exported as `k0`, `k1`, … */
import type { Kernel, KernelLoader } from "./kernel-loader.ts";

export function wasmLoader(memory: WebAssembly.Memory): KernelLoader {
  return {
    load: ({ module, kernels }) => {
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      return Array.from({ length: kernels }, (_, index) => exports[`k${index}`] as Kernel);
    },
  };
}
