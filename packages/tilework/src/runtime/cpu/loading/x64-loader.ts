/** Loads kernels that were printed as x86-64 machine code: one mapping of executable memory a program. */
import type { ForeignFunctions, Pointer } from "../../../platform/foreign-functions.ts";
import type { Kernel, KernelLoader } from "./kernel-loader.ts";

/** Bytes of the block in shared memory by which a worker tells a kernel its tasks: two 64-bit integers. */
export const callBlockBytes = 64;

/** `callBlock` is the address, in the memory, of this worker's own block. */
export function x64Loader(
  functions: ForeignFunctions,
  memory: WebAssembly.Memory,
  callBlock: number,
): KernelLoader<"x64"> {
  const base = functions.addressOf(memory.buffer);
  const range = functions.pointerTo(base + BigInt(callBlock));
  const words = new Int32Array(memory.buffer, callBlock, 4).fill(0);
  const pointers = new PointerCache((address) => functions.pointerTo(base + BigInt(address >>> 0)));
  const { call } = functions;
  const kernelAt = (code: Pointer): Kernel => {
    return (argumentBlock, begin, end) => {
      words[0] = begin;
      words[2] = end;
      call(code, range, pointers.get(argumentBlock));
    };
  };
  return {
    load: ({ code, offsets }) => {
      const mapped = functions.mapCode(code);
      if (typeof mapped === "string") throw new Error(mapped);
      const kernels = offsets.map((offset) => kernelAt(functions.pointerTo(mapped.address + BigInt(offset))));
      return { kernels, release: mapped.unmap };
    },
  };
}

const keptPointers = 4096;

/** Pointers to argument blocks, made once: making one costs more than the call. */
class PointerCache {
  readonly #pointers = new Map<number, Pointer>();
  readonly #make: (address: number) => Pointer;

  constructor(make: (address: number) => Pointer) {
    this.#make = make;
  }

  get(address: number): Pointer {
    return this.#pointers.get(address) ?? this.#add(address);
  }

  #add(address: number): Pointer {
    if (this.#pointers.size >= keptPointers) this.#pointers.clear();
    const pointer = this.#make(address);
    this.#pointers.set(address, pointer);
    return pointer;
  }
}
