/**
 * Convolutions by Winograd's F(2x2, 3x3): the same results, up to roundings of the same size, with 4/9 of the products.
 *
 * Tiles of the input are transformed, multiplied as 16 matrix products, and transformed back. The gradient by the
 * input is the same convolution of the upstream gradient, its kernel flipped; the gradient by the kernel has a form of
 * its own, with the products summed over all tiles. Whether it is done follows from shapes alone, so that all devices
 * compute the same. Undefined: the convolution itself is faster, or of another kind.
 */
import type { Value } from "../../../graph/value.ts";
import { type Shape, sizeOf } from "../../../tensor/shape.ts";
import { pad } from "../../shape/spread.ts";
import { type ConvolutionOptions, convolutionGeometry } from "../convolution-shapes.ts";
import type { Window } from "../window.ts";
import { type WinogradWork, winogradGains } from "./gain.ts";
import { blocksOf, tileCounts, tilePoints, tileSize, tilesOfBlock, type WinogradTiles } from "./tiles.ts";
import { winogradData, winogradUpstream } from "./transform-tiles.ts";
import { winogradKernel } from "./winograd-kernel.ts";
import { winogradKernelGradient } from "./winograd-kernel-gradient.ts";
import { winogradProducts } from "./winograd-products.ts";
import { winogradResult } from "./winograd-result.ts";

/** Rows that a block's matrices should have at least: then tiles of rows fit in. */
const fewestRows = 24;

/** Chunks of a kernel's gradient that can be computed at the same time, at least. */
const fewestChunks = 8;

/** Transformed tiles of one block, and of one chunk of a kernel's gradient, should stay in a cache. */
const blockBytes = 2 ** 20;

/** Bytes of all points of one channel of a transformed tile, or of one channel and filter of a kernel. */
const pointBytes = 4 * tilePoints;

/** What transforming and packing a kernel takes, in values written or read; flipped, it is read across memory. */
const kernelCopies = 12;
const flippedCopies = 20;

/** Partial sums of so many bytes are of no account. */
const smallBytes = 2 ** 22;

/** Decides whether it is done. */
type Gains = (work: WinogradWork) => boolean;

type PairOf<T> = readonly [rows: T, columns: T];
type Pair = PairOf<number>;

/** `convolution(x, kernel, options)`. */
export function winogradConvolution(
  x: Value,
  kernel: Value,
  options: ConvolutionOptions,
  gains: Gains = winogradGains,
): Value | undefined {
  const shape = tiledConvolution(x.shape, kernel.shape, options);
  if (shape === undefined) return undefined;
  const { batch, windows, outputSizes, channels, filters } = shape;
  return convolve(x, kernel, {
    flipped: false,
    outputSizes,
    before: pairOf(windows, ({ before }) => before),
    work: { pixels: batch * sizeOf(outputSizes), channels, filters, kernels: kernelCopies },
    gains,
  });
}

/** The gradient by an input of this shape. */
export function winogradBackwardData(
  upstream: Value,
  kernel: Value,
  inputShape: Shape,
  options: ConvolutionOptions,
  gains: Gains = winogradGains,
): Value | undefined {
  const shape = tiledConvolution(inputShape, kernel.shape, options);
  if (shape === undefined) return undefined;
  const { batch, windows, inputSizes, outputSizes, channels, filters } = shape;
  const read = pairOf(windows, ({ size, before }, axis) =>
    Math.min(inputSizes[axis], outputSizes[axis] + size - 1 - before),
  );
  const gradient = convolve(upstream, kernel, {
    flipped: true,
    outputSizes: read,
    before: pairOf(windows, ({ size, before }) => size - 1 - before),
    work: { pixels: batch * sizeOf(outputSizes), channels, filters, kernels: flippedCopies },
    gains,
  });
  const unread = [0, inputSizes[0] - read[0], inputSizes[1] - read[1], 0];
  return gradient && pad(gradient, [0, 0, 0, 0], unread);
}

/** The gradient by the kernel. */
export function winogradBackwardFilter(
  x: Value,
  upstream: Value,
  kernelShape: Shape,
  options: ConvolutionOptions,
  gains: Gains = winogradGains,
): Value | undefined {
  const shape = tiledConvolution(x.shape, kernelShape, options);
  if (shape === undefined) return undefined;
  const { batch, windows, outputSizes, channels, filters } = shape;
  const split = splitBatch(batch, outputSizes, channels + filters);
  const [rows, columns] = tileCounts({ outputSizes });
  const tiles = rows * columns;
  const blocks = blocksOf(split, batch);
  const chunks = chunksOf(
    blocks,
    pointBytes * batch * tiles * (channels + filters),
    pointBytes * channels * filters,
  );
  const pixels = batch * sizeOf(outputSizes);
  if (!gains({ pixels, tiles: batch * tiles, channels, filters, kernels: 2 * chunks })) return undefined;
  const before = pairOf(windows, (window) => window.before);
  const data = winogradData(x, { outputSizes, before, ...split });
  const given = winogradUpstream(upstream, { outputSizes, before: [0, 0], ...split });
  return winogradKernelGradient(data, given, {
    blocks: blocks / chunks,
    tiles: [(split.images * rows) / split.bands, columns],
  });
}

interface TiledConvolution {
  readonly batch: number;
  readonly windows: PairOf<Window>;
  readonly inputSizes: Pair;
  readonly outputSizes: Pair;
  readonly channels: number;
  readonly filters: number;
}

/** The geometry of a convolution in 2D with 3x3 taps next to each other, without strides and groups. */
function tiledConvolution(
  x: Shape,
  kernel: Shape,
  options: ConvolutionOptions,
): TiledConvolution | undefined {
  const geometry = convolutionGeometry("convolution", x, kernel, options);
  const { windows, groups, inputSizes, outputSizes } = geometry;
  const fits = ({ size, stride, dilation }: Window): boolean => size === 3 && stride === 1 && dilation === 1;
  if (windows.length !== 2 || groups !== 1 || !windows.every(fits)) return undefined;
  return {
    ...geometry,
    windows: windows as unknown as PairOf<Window>,
    inputSizes: inputSizes as unknown as Pair,
    outputSizes: outputSizes as unknown as Pair,
  };
}

function pairOf<T>(values: PairOf<T>, map: (value: T, axis: 0 | 1) => number): Pair {
  return [map(values[0], 0), map(values[1], 1)];
}

interface Convolving extends Pick<WinogradTiles, "outputSizes" | "before"> {
  readonly flipped: boolean;
  readonly work: Omit<WinogradWork, "tiles">;
  readonly gains: Gains;
}

function convolve(
  x: Value,
  kernel: Value,
  { flipped, outputSizes, before, work, gains }: Convolving,
): Value | undefined {
  const batch = x.shape[0]!;
  if (!gains({ ...work, tiles: batch * sizeOf(tileCounts({ outputSizes })) })) return undefined;
  const split = splitBatch(batch, outputSizes, work.channels + work.filters);
  const tiles: WinogradTiles = { outputSizes, before, ...split };
  const products = winogradProducts(winogradData(x, tiles), winogradKernel(kernel, { flipped }), {
    tiles: tilesOfBlock(tiles),
  });
  return winogradResult(products, tiles);
}

/**
 * The fewest images that give a block enough rows; the fewest bands that let a block of one image stay in the cache.
 * `elements`: channels and filters, which each tile has at each of its 16 points.
 */
function splitBatch(
  batch: number,
  outputSizes: Pair,
  elements: number,
): Pick<WinogradTiles, "images" | "bands"> {
  const [rows, columns] = tileCounts({ outputSizes });
  const images = divisors(batch).find((count) => count * rows * columns >= fewestRows) ?? batch;
  if (images > 1 || outputSizes[0] % tileSize !== 0) return { images, bands: 1 };
  const possible = divisors(rows).filter((bands) => (rows / bands) * columns >= fewestRows);
  const bytes = pointBytes * rows * columns * elements;
  return { images, bands: possible.find((bands) => bytes / bands <= blockBytes) ?? possible.at(-1) ?? 1 };
}

/**
 * As many as give cacheable chunks, as long as the chunks' sums are small beside the tiles; a single one where even a
 * few would not be: then points and filters are enough to share out.
 */
function chunksOf(blocks: number, tileBytes: number, sumBytes: number): number {
  const affordable = divisors(blocks).filter(
    (chunks) =>
      chunks >= Math.min(blocks, fewestChunks) && chunks * sumBytes <= Math.max(smallBytes, tileBytes / 8),
  );
  return affordable.find((chunks) => tileBytes / chunks <= blockBytes) ?? affordable.at(-1) ?? 1;
}

function divisors(n: number): number[] {
  const small = Array.from({ length: Math.floor(Math.sqrt(n)) }, (_, at) => at + 1).filter(
    (divisor) => n % divisor === 0,
  );
  return [...new Set([...small, ...small.map((divisor) => n / divisor).reverse()])];
}
