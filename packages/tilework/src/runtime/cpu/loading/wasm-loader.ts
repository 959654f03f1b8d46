/** Loads kernels that were printed as one WebAssembly module; they are exported as `k0`, `k1`, … */
import type { Kernel, KernelLoader } from "./kernel-loader.ts";

export function wasmLoader(memory: WebAssembly.Memory): KernelLoader<"wasm"> {
  return {
    load: ({ module, kernels }) => {
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      const loaded = Array.from({ length: kernels }, (_, index) => exports[`k${index}`] as Kernel);
      return { kernels: loaded, release: () => undefined };
    },
  };
}
