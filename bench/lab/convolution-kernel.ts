/**
 * Kernel code by hand, for the laboratory: a direct 3x3 convolution (62x62x64 -> 128, channels last, weights packed
 * as [filters / tile][3][3][channels][tile]) and, as ceiling, the same multiply-adds over operands that stay in the
 * first cache. Argument slots: image, weights, output.
 */
import type { KernelCode, Statement } from "../../packages/tilework/src/codegen/kernel-code.ts";

export const height = 62;
export const channels = 64;
export const filters = 128;
export const window = 3;
export const outputHeight: number = height - window + 1;

export const imageBytes: number = height * height * channels * 4;
export const weightBytes: number = window * window * channels * filters * 4;
export const outputBytes: number = outputHeight * outputHeight * filters * 4;

/** A register tile: rows are pixels, columns filters. */
export interface Tile {
  readonly rows: number;
  readonly vectors: number;
  readonly lanes: 4 | 8 | 16;
}

export const convolutionOperations: number = 2 * outputHeight ** 2 * filters * window ** 2 * channels;
export const ceilingSteps = 128;
export const ceilingOperations = ({ rows, vectors, lanes }: Tile): number =>
  2 * ceilingSteps * rows * vectors * lanes;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const widthOf = ({ vectors, lanes }: Tile): number => vectors * lanes;

/** One step of k reads a row of weights and one element of each image row. */
function accumulate(tile: Tile, input: number, weights: number, rowStride: number): Statement[] {
  const { rows, vectors, lanes } = tile;
  const b = rows * vectors;
  const a = b + vectors;
  return [
    ...numbers(vectors).map((j): Statement => {
      const address = { base: weights, offset: 4 * lanes * j };
      return { op: "load", to: b + j, address, type: "f32", active: lanes };
    }),
    ...numbers(rows).flatMap((i): Statement[] => [
      { op: "splat", to: a, address: { base: input, offset: rowStride * i }, type: "f32" },
      ...numbers(vectors).map((j): Statement => {
        const accumulator = i * vectors + j;
        return { op: "fma", to: accumulator, x: a, y: b + j, z: accumulator };
      }),
    ]),
    { op: "offset", to: input, from: input, value: 4 },
    { op: "offset", to: weights, from: weights, value: 4 * widthOf(tile) },
  ];
}

const clear = ({ rows, vectors }: Tile): Statement[] =>
  numbers(rows * vectors).map((to) => ({ op: "constant", to, type: "f32", value: 0 }));

const store = ({ rows, vectors, lanes }: Tile, output: number, rowStride: number): Statement[] =>
  numbers(rows * vectors).map((from): Statement => {
    const offset = Math.floor(from / vectors) * rowStride + 4 * lanes * (from % vectors);
    return { op: "store", from, address: { base: output, offset }, type: "f32", active: lanes };
  });

const registers = ({ rows, vectors }: Tile): "f32"[] => new Array((rows + 1) * vectors + 1).fill("f32");

/** Tasks are rows of the output; each runs over blocks of filters and tiles of pixels. */
export function convolution(tile: Tile): KernelCode {
  const pixel = 4 * channels;
  const [image, weights, output, row, block, column] = [0, 1, 2, 3, 4, 5];
  const [x, w, y, t, imageRow, tasks, first] = [6, 7, 8, 9, 10, 11, 12];
  const taps: Statement = {
    op: "loop",
    count: window,
    body: [
      { op: "loop", count: window * channels, body: accumulate(tile, x, w, pixel) },
      { op: "offset", to: x, from: x, value: (height - window) * pixel },
    ],
  };
  const tileBody: Statement[] = [
    { op: "scale", to: t, x: block, value: window * window * channels * widthOf(tile) * 4 },
    { op: "addIntegers", to: w, x: weights, y: t },
    { op: "scale", to: t, x: column, value: tile.rows * pixel },
    { op: "addIntegers", to: x, x: imageRow, y: t },
    ...clear(tile),
    taps,
    { op: "scale", to: t, x: row, value: outputHeight * filters * 4 },
    { op: "addIntegers", to: y, x: output, y: t },
    { op: "scale", to: t, x: column, value: tile.rows * filters * 4 },
    { op: "addIntegers", to: y, x: y, y: t },
    { op: "scale", to: t, x: block, value: widthOf(tile) * 4 },
    { op: "addIntegers", to: y, x: y, y: t },
    ...store(tile, y, filters * 4),
  ];
  return {
    name: `convolution ${tile.rows}x${widthOf(tile)}`,
    lanes: tile.lanes,
    buffers: 3,
    tables: [],
    integers: 13,
    vectors: registers(tile),
    body: [
      { op: "argument", to: image, slot: 0 },
      { op: "argument", to: weights, slot: 1 },
      { op: "argument", to: output, slot: 2 },
      { op: "begin", to: first },
      { op: "end", to: tasks },
      { op: "scale", to: t, x: first, value: -1 },
      { op: "addIntegers", to: tasks, x: tasks, y: t },
      {
        op: "loop",
        counter: row,
        count: { register: tasks },
        body: [
          { op: "addIntegers", to: row, x: row, y: first },
          { op: "scale", to: t, x: row, value: height * pixel },
          { op: "addIntegers", to: imageRow, x: image, y: t },
          {
            op: "loop",
            counter: block,
            count: filters / widthOf(tile),
            body: [{ op: "loop", counter: column, count: outputHeight / tile.rows, body: tileBody }],
          },
        ],
      },
    ],
  };
}

/** Tasks are repetitions of `ceilingSteps` steps. */
export function ceiling(tile: Tile): KernelCode {
  const [image, weights, output, x, w, tasks] = [0, 1, 2, 3, 4, 5];
  return {
    name: `ceiling ${tile.rows}x${widthOf(tile)}`,
    lanes: tile.lanes,
    buffers: 3,
    tables: [],
    integers: 6,
    vectors: registers(tile),
    body: [
      { op: "argument", to: image, slot: 0 },
      { op: "argument", to: weights, slot: 1 },
      { op: "argument", to: output, slot: 2 },
      { op: "end", to: tasks },
      ...clear(tile),
      {
        op: "loop",
        count: { register: tasks },
        body: [
          { op: "offset", to: x, from: image, value: 0 },
          { op: "offset", to: w, from: weights, value: 0 },
          { op: "loop", count: ceilingSteps, body: accumulate(tile, x, w, 4 * ceilingSteps) },
        ],
      },
      ...store(tile, output, 4 * widthOf(tile)),
    ],
  };
}

/** Compares some elements of the output with plain loops. `floats` is the memory from the image's start. */
export function checkConvolution(
  tile: Tile,
  image: Float32Array,
  weights: Float32Array,
  output: Float32Array,
): void {
  const width = widthOf(tile);
  const places = [
    [0, 0, 0],
    [59, 59, 127],
    [31, 7, 66],
  ] as const;
  for (const [row, column, filter] of places) {
    let sum = 0;
    for (let r = 0; r < window; r++)
      for (let k = 0; k < window * channels; k++) {
        const block = Math.floor(filter / width) * window * window * channels;
        const weight = weights[(block + r * window * channels + k) * width + (filter % width)]!;
        sum += image[((row + r) * height + column) * channels + k]! * weight;
      }
    const got = output[(row * outputHeight + column) * filters + filter]!;
    if (!(Math.abs(got - sum) < 1e-3))
      throw new Error(`tile of ${tile.rows}x${width}: ${got} instead of ${sum}`);
  }
}
