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
const [none, readWrite, readExecute, privateAnonymous] = [0, 3, 5, 0x22];
const page = 4096;
const pattern = 0xa5;

function run(job: X64Job): Uint8Array[] {
  const address = mapCode(job.code);
  try {
    const [below, above] = (["start", "end"] as const).map((side) => runBetweenPages(job, address, side));
    below!.forEach((region, at) => {
      if (!Buffer.from(region).equals(above![at]!)) throw new Error(`region ${at} depends on where it lies`);
    });
    return below!;
  } finally {
    libc.munmap(address, BigInt(pagesOf(job.code.length)));
  }
}

function mapCode(code: Uint8Array): bigint {
  const size = BigInt(pagesOf(code.length));
  const address = libc.mmap(0n, size, readWrite, privateAnonymous, -1, 0n) as bigint;
  ffi.exportBuffer(Buffer.from(code), address, code.length);
  if (libc.mprotect(address, size, readExecute) !== 0) throw new Error("mprotect refused");
  return address;
}

/**
 * Every region has pages of its own, between pages that may not be touched: at their start, so that what reads before
 * it ends the process, or at their end (up to 64 bytes, as in the device's memory), so that what reads behind it does.
 */
function runBetweenPages(
  { regions, slots, ranges }: X64Job,
  code: bigint,
  side: "start" | "end",
): Uint8Array[] {
  const call = Buffer.alloc(16 + 8 * slots.length);
  const blocks = [...regions, call].map((region) => {
    const bytes = Math.max(page, pagesOf(region.length));
    return { region, bytes, shift: side === "start" ? 0 : bytes - Math.ceil(region.length / 64) * 64 };
  });
  const total = BigInt(blocks.reduce((sum, { bytes }) => sum + bytes + page, page));
  const start = libc.mmap(0n, total, none, privateAnonymous, -1, 0n) as bigint;
  let next = start + BigInt(page);
  const bases = blocks.map(({ bytes }) => {
    const base = next;
    next += BigInt(bytes + page);
    if (libc.mprotect(base, BigInt(bytes), readWrite) !== 0) throw new Error("mprotect refused");
    return base;
  });
  const addresses = blocks.map(({ shift }, at) => bases[at]! + BigInt(shift));
  slots.forEach((slot, at) => {
    call.writeBigInt64LE(addresses[slot]!, 16 + 8 * at);
  });
  const fill = (at: number): void => {
    const { region, bytes, shift } = blocks[at]!;
    const whole = Buffer.alloc(bytes, pattern);
    whole.set(region, shift);
    ffi.exportBuffer(whole, bases[at]!, bytes);
  };
  regions.forEach((_, at) => {
    fill(at);
  });
  for (const [begin, end] of ranges) {
    call.writeBigInt64LE(BigInt(begin), 0);
    call.writeBigInt64LE(BigInt(end), 8);
    fill(regions.length);
    const block = addresses.at(-1)!;
    const found = libc.bsearch(block, block + 16n, 1n, 1n, code);
    if (found !== block + 16n) throw new Error("the kernel did not give 0");
  }
  const results = regions.map((region, at) => {
    const { bytes, shift } = blocks[at]!;
    const whole = ffi.toBuffer(bases[at]!, bytes, true);
    const around = [whole.subarray(0, shift), whole.subarray(shift + region.length)];
    if (around.some((part) => part.some((byte) => byte !== pattern)))
      throw new Error(`wrote beside region ${at}`);
    return new Uint8Array(whole.subarray(shift, shift + region.length));
  });
  libc.munmap(start, total);
  return results;
}

function pagesOf(bytes: number): number {
  return Math.ceil(bytes / page) * page;
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
