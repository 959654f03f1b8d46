/** Foreign functions of Deno, where they are permitted. */
import type { Libc, Pointer } from "./foreign-functions.ts";
import { mapping, openLibrary, preferLarge, systemRefusal } from "./libc.ts";

interface DenoApi {
  readonly build: { readonly os: string; readonly arch: string };
  readonly permissions: { querySync(descriptor: { name: "ffi" }): { readonly state: string } };
  readonly UnsafePointer: {
    create(address: bigint): object;
    of(bytes: Uint8Array): object;
    value(pointer: object): bigint | number;
  };
  dlopen(name: string, symbols: Readonly<Record<string, Signature>>): { readonly symbols: Symbols };
}

interface Signature {
  readonly parameters: readonly string[];
  readonly result: string;
}

interface Symbols {
  mmap(
    address: bigint,
    bytes: bigint,
    protection: number,
    flags: number,
    file: number,
    offset: bigint,
  ): bigint | number;
  mprotect(address: bigint, bytes: bigint, protection: number): number;
  munmap(address: bigint, bytes: bigint): number;
  madvise(address: bigint, bytes: bigint, advice: number): number;
  memcpy(to: bigint, from: Uint8Array, bytes: bigint): void;
  bsearch(key: Pointer, base: Pointer, count: bigint, bytes: bigint, compare: Pointer): void;
}

const api = (): DenoApi => (globalThis as unknown as { Deno: DenoApi }).Deno;

/** Why there are none, without asking the user for a permission. */
export function denoFunctionsRefusal(): string | undefined {
  const { build, permissions } = api();
  const refusal = systemRefusal(build.os, build.arch);
  if (refusal !== undefined) return refusal;
  if (permissions.querySync({ name: "ffi" }).state !== "granted")
    return "Deno's permissions refuse foreign functions; --allow-ffi grants them";
  return undefined;
}

export function openDenoFunctions(): Libc | string {
  const refusal = denoFunctionsRefusal();
  if (refusal !== undefined) return refusal;
  const { UnsafePointer, dlopen } = api();
  const { symbols: libc } = openLibrary((name) => dlopen(name, signatures));
  const { readWrite, readExecute, privateAnonymous } = mapping;
  return {
    mapMemory: (bytes) => BigInt(libc.mmap(0n, BigInt(bytes), readWrite, privateAnonymous, -1, 0n)),
    makeExecutable: (address, bytes) => libc.mprotect(address, BigInt(bytes), readExecute) === 0,
    unmap: (address, bytes) => void libc.munmap(address, BigInt(bytes)),
    preferLargePages: (address, bytes) => void libc.madvise(address, BigInt(bytes), preferLarge),
    copy: (source, address) => libc.memcpy(address, source, BigInt(source.length)),
    addressOf: (buffer) => BigInt(UnsafePointer.value(UnsafePointer.of(new Uint8Array(buffer)))),
    pointerTo: (address) => UnsafePointer.create(address),
    call: (code, first, second) => libc.bsearch(first, second, 1n, 1n, code),
  };
}

const signatures: Readonly<Record<keyof Symbols, Signature>> = {
  mmap: { parameters: ["u64", "u64", "i32", "i32", "i32", "i64"], result: "u64" },
  mprotect: { parameters: ["u64", "u64", "i32"], result: "i32" },
  munmap: { parameters: ["u64", "u64"], result: "i32" },
  madvise: { parameters: ["u64", "u64", "i32"], result: "i32" },
  memcpy: { parameters: ["u64", "buffer", "u64"], result: "void" },
  bsearch: { parameters: ["pointer", "pointer", "u64", "u64", "pointer"], result: "void" },
};
