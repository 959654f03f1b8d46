/** Foreign functions of Node 26.1 and later. */
import type { Libc } from "./foreign-functions.ts";
import { mapping, preferLarge, systemRefusal } from "./libc.ts";

/** Workers have flags of their own, so that they would not know. */
const switchOff = "--no-experimental-ffi";

/** Why there are none, as far as it can be said without touching them (which would print a warning). */
export function nodeFunctionsRefusal(): string | undefined {
  const refusal = systemRefusal(process.platform, process.arch);
  if (refusal !== undefined) return refusal;
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  if (permission !== undefined && !permission.has("ffi"))
    return "Node's permissions refuse foreign functions; --allow-ffi grants them";
  if (process.execArgv.includes(switchOff)) return `foreign functions are switched off by ${switchOff}`;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 26 || (major === 26 && minor < 1))
    return `Node ${process.versions.node} has no foreign functions; Node 26.1 and later have`;
  return undefined;
}

export function openNodeFunctions(): Libc | string {
  const refusal = nodeFunctionsRefusal();
  if (refusal !== undefined) return refusal;
  const ffi = process.getBuiltinModule("node:ffi") as typeof import("node:ffi") | undefined;
  if (ffi === undefined) return "this Node was built without foreign functions";
  const { functions: libc } = ffi.dlopen(null, {
    mmap: { arguments: ["pointer", "uint64", "int32", "int32", "int32", "int64"], return: "pointer" },
    mprotect: { arguments: ["pointer", "uint64", "int32"], return: "int32" },
    munmap: { arguments: ["pointer", "uint64"], return: "int32" },
    madvise: { arguments: ["pointer", "uint64", "int32"], return: "int32" },
    bsearch: { arguments: ["pointer", "pointer", "pointer", "pointer", "pointer"], return: "void" },
  });
  const { readWrite, readExecute, privateAnonymous } = mapping;
  const bsearch = libc.bsearch as unknown as (...pointers: bigint[]) => void;
  return {
    mapMemory: (bytes) => libc.mmap(0n, BigInt(bytes), readWrite, privateAnonymous, -1, 0n) as bigint,
    makeExecutable: (address, bytes) => libc.mprotect(address, BigInt(bytes), readExecute) === 0,
    unmap: (address, bytes) => void libc.munmap(address, BigInt(bytes)),
    preferLargePages: (address, bytes) => void libc.madvise(address, BigInt(bytes), preferLarge),
    copy: (source, address) => ffi.exportArrayBufferView(source, address, source.length),
    addressOf: (buffer) => ffi.getRawPointer(buffer as ArrayBuffer),
    pointerTo: (address) => address,
    call: (code, first, second) => bsearch(first as bigint, second as bigint, 1n, 1n, code as bigint),
  };
}
