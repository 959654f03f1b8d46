/**
 * Windows that cover whole images of few channels. One pixel's channels would fill a small part of the 16 virtual
 * lanes, so an image is taken as rows of so many pixels that their channels fill them: a first nest folds the rows into
 * one, a second one folds the pixels of that one. Which pixels make a row follows from the shapes alone.
 */
import { axisIndex, constantIndex, type Index } from "../../kernel/index-expression.ts";
import { type Buffer, virtualLanes } from "../../kernel/nest.ts";
import type { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { PoolGeometry } from "./pool-geometry.ts";

/** An image as `rows` rows of `pixels` pixels. */
export interface PixelRows {
  readonly rows: number;
  readonly pixels: number;
}

/** Vectors of 16 lanes that hide the latency of a fold, and the most that registers hold. */
const enoughVectors = 6;
const mostVectors = 8;
/** Steps of the first fold that one of the second, which fills few lanes, takes as long as. */
const secondFold = 6;
/** What a nest more must gain at least. */
const clearGain = 2;

/** How images are cut into rows; undefined where windows are smaller, or where one fold of all pixels does as well. */
export function pixelRows(geometry: PoolGeometry): PixelRows | undefined {
  const { channels, inputSizes } = geometry;
  if (2 * channels > virtualLanes || !coversImages(geometry)) return undefined;
  const all = sizeOf(inputSizes);
  let [best, least] = [undefined as PixelRows | undefined, (all * enoughVectors) / clearGain];
  for (let pixels = 2; pixels * channels <= mostVectors * virtualLanes; pixels++) {
    const rows = all / pixels;
    if (!Number.isInteger(rows) || rows < 2) continue;
    const vectors = Math.ceil((pixels * channels) / virtualLanes);
    const steps = rows * Math.max(vectors, enoughVectors) + pixels * secondFold;
    if (steps < least) [best, least] = [{ rows, pixels }, steps];
  }
  return best;
}

function coversImages({ windows, inputSizes, outputSizes }: PoolGeometry): boolean {
  return (
    windows?.every(
      ({ size, before, dilation }, axis) =>
        size === inputSizes[axis] && before === 0 && dilation === 1 && outputSizes[axis] === 1,
    ) ?? false
  );
}

/** A fold of whole images in two nests. */
export class WholeImages {
  readonly #geometry: PoolGeometry;
  readonly #rows: PixelRows;

  constructor(geometry: PoolGeometry, rows: PixelRows) {
    this.#geometry = geometry;
    this.#rows = rows;
  }

  /** The shape of what the first nest leaves. */
  get foldedShape(): number[] {
    return [this.#geometry.batch, this.#rows.pixels, this.#geometry.channels];
  }

  /** Declares the axes of the first nest: gives its row, and the places in `asLanes` views of images and of results. */
  foldRows(nest: NestBuilder): { row: Index; from: Index[]; to: Index[] } {
    const { batch, channels } = this.#geometry;
    const image = axisIndex(nest.space("image", batch));
    const lane = axisIndex(nest.space("lane", this.#rows.pixels * channels));
    const row = axisIndex(nest.reduction("row", this.#rows.rows));
    return { row, from: [image, row, lane], to: [image, lane] };
  }

  /** Images as `[batch, rows, lanes]`, what the first nest leaves as `[batch, lanes]`. */
  asLanes(buffer: Buffer): Buffer {
    const { batch, channels } = this.#geometry;
    const lanes = this.#rows.pixels * channels;
    const rows = sizeOf(buffer.shape) / batch / lanes;
    const shape = rows === 1 ? [batch, lanes] : [batch, rows, lanes];
    return { name: buffer.name, dtype: buffer.dtype, shape, viewOf: buffer };
  }

  /** Declares the axes of the second nest: gives its pixel, and the places in what the first one left and in results. */
  foldPixels(nest: NestBuilder): { pixel: Index; from: Index[]; to: Index[] } {
    const { batch, channels, inputSizes } = this.#geometry;
    const image = axisIndex(nest.space("image", batch));
    const channel = axisIndex(nest.space("channel", channels));
    const pixel = axisIndex(nest.reduction("pixel", this.#rows.pixels));
    const single = inputSizes.map(() => constantIndex(0));
    return { pixel, from: [image, pixel, channel], to: [image, ...single, channel] };
  }
}
