/**
 * Times printed WebAssembly kernels against the engine's ceiling: convolution-kernel.ts says which. Samples of all
 * kernels are interleaved; medians and best are GFLOP/s of one thread.
 *
 *     node bench/lab/wasm-kernel.ts [samples=15]
 */
import { lowestAddress } from "../../packages/tilework/src/codegen/lowest-address.ts";
import { printModule } from "../../packages/tilework/src/codegen/wasm/print-module.ts";
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
  { rows: 4, vectors: 2, lanes: 4 },
  { rows: 6, vectors: 2, lanes: 4 },
  { rows: 2, vectors: 4, lanes: 4 },
];
const repetitions = 20000;

const addresses = [
  lowestAddress,
  lowestAddress + imageBytes,
  lowestAddress + imageBytes + weightBytes,
] as const;
const pages = Math.ceil((addresses[2] + outputBytes) / 65536);
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
new Int32Array(memory.buffer, 0, 3).set(addresses);
const image = new Float32Array(memory.buffer, addresses[0], imageBytes / 4);
const weights = new Float32Array(memory.buffer, addresses[1], weightBytes / 4);
const output = new Float32Array(memory.buffer, addresses[2], outputBytes / 4);
for (const data of [image, weights])
  for (let i = 0; i < data.length; i++) data[i] = ((i * 7919) % 1000) / 1000 - 0.5;

const jobs = tiles.flatMap((tile) => [
  { tile, kernel: ceiling(tile), tasks: repetitions, operations: ceilingOperations(tile) * repetitions },
  { tile, kernel: convolution(tile), tasks: outputHeight, operations: convolutionOperations },
]);
const bytes = printModule(
  jobs.map((job) => job.kernel),
  { relaxed: true, memory: { initial: pages, maximum: pages, shared: true } },
);
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
const calls = jobs.map((_, at) => exports[`k${at}`] as (block: number, begin: number, end: number) => void);

for (const [at, { tile, kernel, tasks }] of jobs.entries()) {
  for (let warm = 0; warm < 50; warm++) calls[at]!(0, 0, warm % 3);
  calls[at]!(0, 0, tasks);
  if (kernel.name.startsWith("convolution")) checkConvolution(tile, image, weights, output);
}
await new Promise((resolve) => setTimeout(resolve, 300));
report(
  jobs.map(({ kernel, tasks, operations }, at) => ({
    name: kernel.name,
    operations,
    call: () => calls[at]!(0, 0, tasks),
  })),
  samples,
);
