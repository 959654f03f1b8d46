/** Foreign functions of Bun, whose pointers are plain numbers. */
import type { Libc } from "./foreign-functions.ts";
import { mapping, openLibrary, preferLarge, systemRefusal } from "./libc.ts";

interface BunFfi {
  dlopen(name: string, symbols: Readonly<Record<string, Signature>>): { readonly symbols: Symbols };
  ptr(bytes: Uint8Array): number;
}

interface Signature {
  readonly args: readonly string[];
  readonly returns: string;
}

interface Symbols {
  mmap(
    address: number | null,
    bytes: number,
    protection: number,
    flags: number,
    file: number,
    offset: number,
  ): number | null;
  mprotect(address: number, bytes: number, protection: number): number;
  munmap(address: number, bytes: number): number;
  madvise(address: number, bytes: number, advice: number): number;
  memcpy(to: number, from: Uint8Array, bytes: number): void;
  bsearch(key: number, base: number, count: number, bytes: number, compare: number): void;
}

export function bunFunctionsRefusal(): string | undefined {
  return systemRefusal(process.platform, process.arch);
}

export function openBunFunctions(): Libc | string {
  const refusal = bunFunctionsRefusal();
  if (refusal !== undefined) return refusal;
  const get = process.getBuiltinModule as ((name: string) => unknown) | undefined;
  const ffi = get?.("bun:ffi") as BunFfi | undefined;
  if (ffi === undefined) return "this Bun does not hand out foreign functions";
  const { symbols: libc } = openLibrary((name) => ffi.dlopen(name, signatures));
  const { readWrite, readExecute, privateAnonymous } = mapping;
  return {
    mapMemory: (bytes) => BigInt(libc.mmap(null, bytes, readWrite, privateAnonymous, -1, 0) ?? -1),
    makeExecutable: (address, bytes) => libc.mprotect(Number(address), bytes, readExecute) === 0,
    unmap: (address, bytes) => void libc.munmap(Number(address), bytes),
    preferLargePages: (address, bytes) => void libc.madvise(Number(address), bytes, preferLarge),
    copy: (source, address) => libc.memcpy(Number(address), source, source.length),
    addressOf: (buffer) => BigInt(ffi.ptr(new Uint8Array(buffer))),
    pointerTo: (address) => Number(address),
    call: (code, first, second) => libc.bsearch(first as number, second as number, 1, 1, code as number),
  };
}

const signatures: Readonly<Record<keyof Symbols, Signature>> = {
  mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "ptr" },
  mprotect: { args: ["ptr", "u64", "i32"], returns: "i32" },
  munmap: { args: ["ptr", "u64"], returns: "i32" },
  madvise: { args: ["ptr", "u64", "i32"], returns: "i32" },
  memcpy: { args: ["ptr", "ptr", "u64"], returns: "void" },
  bsearch: { args: ["ptr", "ptr", "u64", "u64", "ptr"], returns: "void" },
};
