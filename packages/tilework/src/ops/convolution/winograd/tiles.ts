/**
 * How images fall into tiles for F(2x2, 3x3), and how tiles become matrices.
 *
 * Each 2x2 tile of outputs depends on a 4x4 tile of the padded input; tiles of outputs neighbour each other, those of
 * inputs overlap by two. Transformed tiles lie as `[block, point, row, channel]`: for each block, which is a few images
 * or a band of an image's rows, for each of the 16 points, one matrix with a row for each tile (images outermost, then
 * tile rows) and sometimes one more row, unused, that keeps the matrices of a block in different sets of a cache. A
 * tile may reach over the image's end: it reads zeros there, and what it computes there is dropped.
 */
import type { LowerContext } from "../../../graph/define-op.ts";
import {
  addIndex,
  axisIndex,
  constantIndex,
  type Index,
  scaleIndex,
  tableIndex,
} from "../../../kernel/index-expression.ts";
import type { NestBuilder } from "../../../kernel/nest-builder.ts";

/** Points of a tile's transform, and outputs of a tile, along one axis. */
export const points = 4;
export const tileSize = 2;

/** Points of a tile's transform: the products that each tile takes a channel and filter. */
export const tilePoints: number = points ** 2;

export interface WinogradTiles {
  /** Rows and columns of the convolution's output. */
  readonly outputSizes: readonly [rows: number, columns: number];
  /** Rows and columns of zeros before the input; negative where it is cropped. */
  readonly before: readonly [rows: number, columns: number];
  /** Images whose tiles form one block; a divisor of the batch. */
  readonly images: number;
  /**
   * Bands of whole tile rows into which each image falls, each a block of its own, so that a block stays in the cache.
   * More than 1 only for single images whose rows of outputs fall evenly into whole tiles of the bands.
   */
  readonly bands: number;
}

/** Rows and columns of tiles of one image. */
export function tileCounts({ outputSizes }: Pick<WinogradTiles, "outputSizes">): [number, number] {
  return [Math.ceil(outputSizes[0] / tileSize), Math.ceil(outputSizes[1] / tileSize)];
}

/** The tiles of a block: the rows of its matrices that count. */
export function tilesOfBlock(tiles: WinogradTiles): number {
  const [rows, columns] = tileCounts(tiles);
  return (tiles.images * rows * columns) / tiles.bands;
}

/** The blocks of a batch. */
export function blocksOf({ images, bands }: Pick<WinogradTiles, "images" | "bands">, batch: number): number {
  return (batch / images) * bands;
}

/** The shape of a batch's transformed tiles, `count` a block. */
export function matricesShape(blocks: number, count: number, channels: number): number[] {
  return [blocks, tilePoints, spacedRows(count, channels), channels];
}

const lineElements = 16;
/** Lines after which addresses fall into the same set of a first level cache. */
const cacheSets = 64;

/** A row more where as many matrices as there are points would otherwise meet in a few cache sets. */
function spacedRows(rows: number, channels: number): number {
  const lines = (count: number): number => (count * channels) / lineElements;
  const setsOf = (count: number): number => {
    const step = Math.ceil(lines(count)) % cacheSets;
    return new Set(Array.from({ length: tilePoints }, (_, matrix) => (matrix * step) % cacheSets)).size;
  };
  return setsOf(rows + 1) > setsOf(rows) ? rows + 1 : rows;
}

/** A tile's place, as space axes of a nest. */
export interface TilePlace {
  readonly block: Index;
  readonly image: Index;
  /** Twice the number of the tile's row in its image, and in its block; twice that of its column. */
  readonly imageRow: Index;
  readonly blockRow: Index;
  readonly column: Index;
  /** The row of the block's matrices. */
  readonly matrixRow: Index;
}

/** Which tiles of a block's images a nest computes; default: all. */
export interface TileRange {
  readonly first: readonly [number, number];
  readonly count: readonly [number, number];
}

/** Declares space axes over the tiles of a batch. */
export function tileAxes(
  nest: NestBuilder,
  tiles: WinogradTiles,
  batch: number,
  range?: TileRange,
): TilePlace {
  const { images, bands } = tiles;
  const [imageRows, columns] = tileCounts(tiles);
  const rows = imageRows / bands;
  const { first, count } = range ?? { first: [0, 0], count: [rows, columns] };
  const blocks = blocksOf(tiles, batch);
  const blockAxis = nest.space("block", blocks);
  const block = axisIndex(blockAxis);
  const inBlock = images > 1 ? axisIndex(nest.space("image", images)) : constantIndex(0);
  const row = nest.space("tileRow", count[0]);
  const column = nest.space("tileColumn", count[1]);
  const blockRow = axisIndex(row, tileSize, first[0] * tileSize);
  const ofBlock = (value: (block: number) => number): Index =>
    tableIndex(
      blockAxis,
      Array.from({ length: blocks }, (_, at) => value(at)),
    );
  return {
    block,
    image: bands > 1 ? ofBlock((at) => Math.floor(at / bands)) : addIndex(scaleIndex(block, images), inBlock),
    imageRow:
      bands > 1
        ? addIndex(
            blockRow,
            ofBlock((at) => (at % bands) * rows * tileSize),
          )
        : blockRow,
    blockRow,
    column: axisIndex(column, tileSize, first[1] * tileSize),
    matrixRow: addIndex(
      scaleIndex(inBlock, rows * columns),
      axisIndex(row, columns, first[0] * columns + first[1]),
      axisIndex(column),
    ),
  };
}

/** The number of a point from its row and column. */
export function pointIndex(row: number, column: number): Index {
  return constantIndex(row * points + column);
}

/** Visits all tiles of a batch, for the reference device: image, first output row and column, block, matrix row. */
export function forEachTile(
  tiles: WinogradTiles,
  batch: number,
  visit: (image: number, row: number, column: number, block: number, matrixRow: number) => void,
): void {
  const [rows, columns] = tileCounts(tiles);
  const count = tilesOfBlock(tiles);
  for (let image = 0; image < batch; image++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const tile = (image * rows + row) * columns + column;
        visit(image, row * tileSize, column * tileSize, Math.floor(tile / count), tile % count);
      }
}

export type WinogradContext = LowerContext<WinogradTiles>;
