/**
 * Runs machine code in a process of its own, so that a crash is a failed test and not the end of the tests. Reads
 * jobs (v8.serialize) from standard input and writes the buffers of each after its run.
 */
import ffi from "node:ffi";
import { readFileSync, writeSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import type { X64Job } from "./run-x64-kernels.ts";

const { functions: libc } = ffi.dlopen(null, {
  mmap: { arguments: ["pointer", "uint64", "int32", "int32", "int32", "int64"], return: "pointer" },
  mprotect: { arguments: ["pointer", "uint64", "int32"], return: "int32" },
  munmap: { arguments: ["pointer", "uint64"], return: "int32" },
  bsearch: { arguments: ["pointer", "pointer", "uint64", "uint64", "pointer"], return: "pointer" },
});
const [readWrite, readExecute, privateAnonymous] = [3, 5, 0x22];
const guard = 256;

function run({ code, regions, slots, ranges }: X64Job): Uint8Array[] {
  const size = BigInt((code.length + 4095) & ~4095);
  const address = libc.mmap(0n, size, readWrite, privateAnonymous, -1, 0n) as bigint;
  ffi.exportBuffer(Buffer.from(code), address, code.length);
  if (libc.mprotect(address, size, readExecute) !== 0) throw new Error("mprotect refused");
  let bytes = guard;
  const offsets = regions.map((region) => {
    const offset = bytes;
    bytes = Math.ceil((offset + region.length) / 64) * 64 + guard;
    return offset;
  });
  const pages = Math.ceil((bytes + 4096) / 65536);
  const memory = new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer).fill(0xa5);
  regions.forEach((region, at) => {
    memory.set(region, offsets[at]!);
  });
  const start = ffi.getRawPointer(memory.buffer);
  const words = new BigInt64Array(memory.buffer, bytes, 2 + slots.length);
  words.set(
    slots.map((slot) => start + BigInt(offsets[slot]!)),
    2,
  );
  const call = start + BigInt(bytes);
  for (const [begin, end] of ranges) {
    words.set([BigInt(begin), BigInt(end)]);
    const found = libc.bsearch(call, call + 16n, 1n, 1n, address);
    if (found !== call + 16n) throw new Error("the kernel did not give 0");
  }
  libc.munmap(address, size);
  checkGuards(memory.subarray(0, bytes), regions, offsets);
  return regions.map((region, at) => memory.slice(offsets[at]!, offsets[at]! + region.length));
}

function checkGuards(memory: Uint8Array, regions: readonly Uint8Array[], offsets: readonly number[]): void {
  let at = 0;
  for (const [index, offset] of [...offsets, memory.length].entries()) {
    for (; at < offset; at++)
      if (memory[at] !== 0xa5) throw new Error(`wrote ${offset - at} bytes before region ${index}`);
    at = offset + (regions[index]?.length ?? 0);
  }
}

const jobs = deserialize(readFileSync(0)) as X64Job[];
const results = serialize(
  jobs.map((job) => {
    try {
      return run(job);
    } catch (error) {
      return String(error);
    }
  }),
);
for (let written = 0; written < results.length; ) written += writeSync(1, results, written);
