/**
 * Times printed WebAssembly kernels: a direct 3x3 convolution (62x62x64 -> 128, channels last, packed weights)
 * with 4x8 and 6x8 register tiles, against the engine's ceiling, multiply-adds whose operands stay in the first
 * cache. Samples of all kernels are interleaved; medians and best are shown in GFLOP/s of one thread.
 *
 *     node bench/lab/wasm-kernel.ts [samples=15]
 */
import type { KernelCode, Statement } from "../../packages/tilework/src/codegen/kernel-code.ts";
import { printModule } from "../../packages/tilework/src/codegen/wasm/print-module.ts";

const samples = Number(process.argv[2] ?? 15);
const [height, channels, filters, window] = [62, 64, 128, 3];
const outputHeight = height - window + 1;

interface Tile {
  readonly rows: number;
  readonly vectors: number;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** rows x vectors accumulators: one step of k reads a row of weights and one element of each image row. */
function accumulate({ rows, vectors }: Tile, input: number, weights: number, rowStride: number): Statement[] {
  const b = rows * vectors;
  const a = b + vectors;
  return [
    ...numbers(vectors).map((j): Statement => {
      const address = { base: weights, offset: 16 * j };
      return { op: "load", to: b + j, address, type: "f32", active: 4 };
    }),
    ...numbers(rows).flatMap((i): Statement[] => [
      { op: "splat", to: a, address: { base: input, offset: rowStride * i }, type: "f32" },
      ...numbers(vectors).map((j): Statement => {
        const accumulator = i * vectors + j;
        return { op: "fma", to: accumulator, x: a, y: b + j, z: accumulator };
      }),
    ]),
    { op: "offset", to: input, from: input, value: 4 },
    { op: "offset", to: weights, from: weights, value: 16 * vectors },
  ];
}

const clear = ({ rows, vectors }: Tile): Statement[] =>
  numbers(rows * vectors).map((to) => ({ op: "constant", to, type: "f32", value: 0 }));

const store = ({ rows, vectors }: Tile, output: number, rowStride: number): Statement[] =>
  numbers(rows * vectors).map((from): Statement => {
    const offset = Math.floor(from / vectors) * rowStride + 16 * (from % vectors);
    return { op: "store", from, address: { base: output, offset }, type: "f32", active: 4 };
  });

const registers = ({ rows, vectors }: Tile): "f32"[] => new Array((rows + 1) * vectors + 1).fill("f32");

/** Tasks are rows of the output; each runs over blocks of filters and tiles of pixels. */
function convolution(tile: Tile): KernelCode {
  const lanesOfTile = 4 * tile.vectors;
  const pixel = 4 * channels;
  const [image, weights, output, row, block, column, x, w, y, t, u, tasks, first] = numbers(13) as number[] &
    Record<number, number>;
  const taps: Statement = {
    op: "loop",
    count: window,
    body: [
      { op: "loop", count: window * channels, body: accumulate(tile, x!, w!, pixel) },
      { op: "offset", to: x!, from: x!, value: (height - window) * pixel },
    ],
  };
  const tileBody: Statement[] = [
    { op: "scale", to: t!, x: block!, value: window * window * channels * lanesOfTile * 4 },
    { op: "addIntegers", to: w!, x: weights!, y: t! },
    { op: "scale", to: t!, x: column!, value: tile.rows * pixel },
    { op: "addIntegers", to: x!, x: u!, y: t! },
    ...clear(tile),
    taps,
    { op: "scale", to: t!, x: row!, value: outputHeight * filters * 4 },
    { op: "addIntegers", to: y!, x: output!, y: t! },
    { op: "scale", to: t!, x: column!, value: tile.rows * filters * 4 },
    { op: "addIntegers", to: y!, x: y!, y: t! },
    { op: "scale", to: t!, x: block!, value: lanesOfTile * 4 },
    { op: "addIntegers", to: y!, x: y!, y: t! },
    ...store(tile, y!, filters * 4),
  ];
  return {
    name: `convolution ${tile.rows}x${lanesOfTile}`,
    lanes: 4,
    buffers: 3,
    tables: [],
    integers: 13,
    vectors: registers(tile),
    body: [
      { op: "argument", to: image!, slot: 0 },
      { op: "argument", to: weights!, slot: 1 },
      { op: "argument", to: output!, slot: 2 },
      { op: "begin", to: first! },
      { op: "end", to: tasks! },
      { op: "scale", to: t!, x: first!, value: -1 },
      { op: "addIntegers", to: tasks!, x: tasks!, y: t! },
      {
        op: "loop",
        counter: row!,
        count: { register: tasks! },
        body: [
          { op: "addIntegers", to: row!, x: row!, y: first! },
          { op: "scale", to: t!, x: row!, value: height * pixel },
          { op: "addIntegers", to: u!, x: image!, y: t! },
          {
            op: "loop",
            counter: block!,
            count: filters / lanesOfTile,
            body: [{ op: "loop", counter: column!, count: outputHeight / tile.rows, body: tileBody }],
          },
        ],
      },
    ],
  };
}

/** The same multiply-adds over 8 KB that stay in the first cache; tasks are repetitions. */
function ceiling(tile: Tile): KernelCode {
  const steps = 128;
  const [image, weights, output, x, w, begin, tasks] = [0, 1, 2, 3, 4, 5, 6];
  return {
    name: `ceiling ${tile.rows}x${4 * tile.vectors}`,
    lanes: 4,
    buffers: 3,
    tables: [],
    integers: 7,
    vectors: registers(tile),
    body: [
      { op: "argument", to: image, slot: 0 },
      { op: "argument", to: weights, slot: 1 },
      { op: "argument", to: output, slot: 2 },
      { op: "begin", to: begin },
      { op: "end", to: tasks },
      ...clear(tile),
      {
        op: "loop",
        count: { register: tasks },
        body: [
          { op: "offset", to: x, from: image, value: 0 },
          { op: "offset", to: w, from: weights, value: 0 },
          { op: "loop", count: steps, body: accumulate(tile, x, w, 4 * steps) },
        ],
      },
      ...store(tile, output, 16 * tile.vectors),
    ],
  };
}

const imageBytes = height * height * channels * 4;
const weightBytes = window * window * channels * filters * 4;
const outputBytes = outputHeight * outputHeight * filters * 4;
const addresses = [1024, 1024 + imageBytes, 1024 + imageBytes + weightBytes];
const pages = Math.ceil((addresses[2]! + outputBytes) / 65536);
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
new Int32Array(memory.buffer, 0, 3).set(addresses);
const floats = new Float32Array(memory.buffer);
for (let i = 256; i < addresses[2]! / 4; i++) floats[i] = ((i * 7919) % 1000) / 1000 - 0.5;

const tiles: Tile[] = [
  { rows: 4, vectors: 2 },
  { rows: 6, vectors: 2 },
  { rows: 2, vectors: 4 },
];
const repetitions = 20000;
const jobs = tiles.flatMap((tile) => [
  {
    kernel: ceiling(tile),
    tasks: repetitions,
    operations: 2 * 128 * 4 * tile.rows * tile.vectors * repetitions,
  },
  {
    kernel: convolution(tile),
    tasks: outputHeight,
    operations: 2 * outputHeight ** 2 * filters * window ** 2 * channels,
  },
]);
const bytes = printModule(
  jobs.map((job) => job.kernel),
  { relaxed: true, memory: { initial: pages, maximum: pages, shared: true } },
);
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
const calls = jobs.map((_, at) => exports[`k${at}`] as (block: number, begin: number, end: number) => void);

function sample(at: number): number {
  const job = jobs[at]!;
  const start = performance.now();
  calls[at]!(0, 0, job.tasks);
  return job.operations / (performance.now() - start) / 1e6;
}

function checkConvolution(at: number, tile: Tile): void {
  calls[at]!(0, 0, outputHeight);
  const lanesOfTile = 4 * tile.vectors;
  for (const [row, column, filter] of [
    [0, 0, 0],
    [59, 59, 127],
    [31, 7, 66],
  ] as const) {
    let sum = 0;
    for (let r = 0; r < window; r++)
      for (let k = 0; k < window * channels; k++) {
        const block = Math.floor(filter / lanesOfTile) * window * window * channels;
        const weight = (block + r * window * channels + k) * lanesOfTile + (filter % lanesOfTile);
        const pixel = ((row + r) * height + column) * channels + k;
        sum += floats[addresses[0]! / 4 + pixel]! * floats[addresses[1]! / 4 + weight]!;
      }
    const got = floats[addresses[2]! / 4 + (row * outputHeight + column) * filters + filter]!;
    if (Math.abs(got - sum) > 1e-3) throw new Error(`${jobs[at]!.kernel.name}: ${got} instead of ${sum}`);
  }
}

for (let at = 0; at < jobs.length; at++) {
  for (let warm = 0; warm < 50; warm++) calls[at]!(0, 0, warm % 3);
  if (at % 2 === 1) checkConvolution(at, tiles[(at - 1) / 2]!);
}
await new Promise((resolve) => setTimeout(resolve, 300));
const rates: number[][] = jobs.map(() => []);
for (let round = 0; round < samples; round++) for (const [at, list] of rates.entries()) list.push(sample(at));
console.log(process.version, `module ${bytes.length} bytes`);
for (const [at, list] of rates.entries()) {
  list.sort((x, y) => x - y);
  const median = list[list.length >> 1]!;
  console.log(
    jobs[at]!.kernel.name.padEnd(18),
    `median ${median.toFixed(1)}, best ${list.at(-1)!.toFixed(1)} GFLOP/s`,
  );
}
