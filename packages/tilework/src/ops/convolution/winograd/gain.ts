/** When F(2x2, 3x3) is faster than the convolution itself: a count of work that knows no device. */
import { tilePoints } from "./tiles.ts";
import { taps } from "./transforms.ts";

export interface WinogradWork {
  /** Outputs of the convolution that products are summed for, all images together. */
  readonly pixels: number;
  /** Tiles of all images. */
  readonly tiles: number;
  readonly channels: number;
  readonly filters: number;
  /** How often a value for each point, channel and filter is written or read besides the products. */
  readonly kernels: number;
}

const kernelTaps = taps ** 2;

/** Products that take as long as transforming one element of a tile (16 loads, some 30 sums, up to 16 stores). */
const transformCost = 70;

/** Products that take as long as one value for a point, channel and filter in memory. */
const kernelCost = 4;

/** Below this it is not worth other roundings. */
const fewestGained = 1.2;

/** Elements of a batch's transformed tiles: offsets inside a tensor take 31 bits, a few of them for rows between blocks. */
const mostElements = (0.95 * 2 ** 31) / 4;

export function winogradGains({ pixels, tiles, channels, filters, kernels }: WinogradWork): boolean {
  if (tiles * tilePoints * Math.max(channels, filters) > mostElements) return false;
  const products = channels * filters;
  const direct = kernelTaps * pixels * products;
  const transforms =
    tiles * transformCost * (channels + filters) + kernels * kernelCost * tilePoints * products;
  return direct >= fewestGained * (tiles * tilePoints * products + transforms);
}
