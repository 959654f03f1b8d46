/**
 * Times printed x86-64 kernels against the processor's ceiling, like wasm-kernel.ts. Wants Node 26.1 or later on
 * Linux.
 *
 *     node bench/lab/x64-kernel.ts [samples=15]
 */
import ffi from "node:ffi";
import { type Cpu, printX64 } from "../../packages/tilework/src/codegen/x64/print-kernel.ts";
import { canRunX64 } from "../../packages/tilework/src/testing/run-x64-kernels.ts";
import {
  ceiling,
  ceilingOperations,
  checkConvolution,
  convolution,
  convolutionOperations,
  imageBytes,
  outputBytes,
  outputHeight,
  type Tile,
  weightBytes,
} from "./convolution-kernel.ts";
import { report } from "./report.ts";

const samples = Number(process.argv[2] ?? 15);
const tiles: Tile[] = [
  { rows: 6, vectors: 4, lanes: 16 },
  { rows: 12, vectors: 2, lanes: 16 },
  { rows: 6, vectors: 2, lanes: 8 },
  { rows: 4, vectors: 2, lanes: 8 },
].filter(({ lanes }) => canRunX64(cpuOf(lanes))) as Tile[];
const repetitions = 20000;

function cpuOf(lanes: number): Cpu {
  return lanes === 16 ? "avx512" : "avx2";
}

const { functions: libc } = ffi.dlopen(null, {
  mmap: { arguments: ["pointer", "uint64", "int32", "int32", "int32", "int64"], return: "pointer" },
  mprotect: { arguments: ["pointer", "uint64", "int32"], return: "int32" },
  bsearch: { arguments: ["pointer", "pointer", "pointer", "pointer", "pointer"], return: "pointer" },
});

function place(code: Uint8Array): bigint {
  const size = BigInt(Math.ceil(code.length / 4096) * 4096);
  const address = libc.mmap(0n, size, 3, 0x22, -1, 0n) as bigint;
  ffi.exportBuffer(Buffer.from(code), address, code.length);
  if (libc.mprotect(address, size, 5) !== 0) throw new Error("mprotect refused");
  return address;
}

const block = 4096;
const memoryBytes = block + imageBytes + weightBytes + outputBytes;
const memory = new WebAssembly.Memory({ initial: Math.ceil(memoryBytes / 65536) }).buffer;
const start = ffi.getRawPointer(memory);
const addresses = [block, block + imageBytes, block + imageBytes + weightBytes] as const;
const image = new Float32Array(memory, addresses[0], imageBytes / 4);
const weights = new Float32Array(memory, addresses[1], weightBytes / 4);
const output = new Float32Array(memory, addresses[2], outputBytes / 4);
for (const data of [image, weights])
  for (let i = 0; i < data.length; i++) data[i] = ((i * 7919) % 1000) / 1000 - 0.5;
const words = new BigInt64Array(memory, 0, 8);
words.set(
  addresses.map((address) => start + BigInt(address)),
  2,
);

function caller(code: Uint8Array, tasks: number): () => void {
  const address = place(code);
  return () => {
    words[1] = BigInt(tasks);
    libc.bsearch(start, start + 16n, 1n, 1n, address);
  };
}

const jobs = tiles.flatMap((tile) => [
  { tile, kernel: ceiling(tile), tasks: repetitions, operations: ceilingOperations(tile) * repetitions },
  { tile, kernel: convolution(tile), tasks: outputHeight, operations: convolutionOperations },
]);
const calls = jobs.map(({ tile, kernel, tasks }) => {
  const call = caller(printX64(kernel, cpuOf(tile.lanes)), tasks);
  call();
  if (kernel.name.startsWith("convolution")) checkConvolution(tile, image, weights, output);
  return call;
});
report(
  jobs.map(({ tile, kernel, operations }, at) => ({
    name: `${cpuOf(tile.lanes)} ${kernel.name}`,
    operations,
    call: calls[at]!,
  })),
  samples,
);
