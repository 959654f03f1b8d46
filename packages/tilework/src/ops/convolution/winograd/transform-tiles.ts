/** What becomes of images tile by tile before the products of F(2x2, 3x3). */
import { defineOp, type Op, type ReferenceArray } from "../../../graph/define-op.ts";
import type { Value } from "../../../graph/value.ts";
import { addIndex, axisIndex, constantIndex } from "../../../kernel/index-expression.ts";
import { NestBuilder } from "../../../kernel/nest-builder.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { checkImage } from "../convolution-shapes.ts";
import {
  blocksOf,
  forEachTile,
  matricesShape,
  pointIndex,
  tileAxes,
  tilePoints,
  tilesOfBlock,
  type WinogradContext,
  type WinogradTiles,
} from "./tiles.ts";
import {
  dataMatrix,
  type Matrix,
  tileOf,
  transformNumbers,
  transformTile,
  upstreamMatrix,
} from "./transforms.ts";

/** B' d B of every 4x4 tile of images `[batch, rows, columns, channels]`: `[block, 16, tiles, channels]`. */
export const winogradData: Op<[x: Value], WinogradTiles> = defineTransform("winogradData", dataMatrix);

/** A u A' of every 2x2 tile of a convolution's upstream gradient: `[block, 16, tiles, filters]`. */
export const winogradUpstream: Op<[upstream: Value], WinogradTiles> = defineTransform(
  "winogradUpstream",
  upstreamMatrix,
);

function defineTransform(name: string, matrix: Matrix): Op<[images: Value], WinogradTiles> {
  const size = matrix[0]!.length;
  return defineOp({
    name,
    infer: ([images], tiles) => {
      checkImage(name, "images", images!);
      const { shape } = images!;
      const blocks = blocksOf(tiles, shape[0]!);
      return [{ shape: matricesShape(blocks, tilesOfBlock(tiles), shape.at(-1)!), dtype: "float32" }];
    },
    lower: (context) => lower(name, matrix, size, context),
    reference: ([images], tiles, [type]) => {
      const [, , rows, channels] = type!.shape as readonly [number, number, number, number];
      const result = new Float64Array(sizeOf(type!.shape));
      const { before } = tiles;
      forEachTile(tiles, images!.shape[0]!, (image, row, column, block, matrixRow) => {
        for (let channel = 0; channel < channels; channel++) {
          const tile = tileOf(size, (i, j) =>
            elementAt(images!, image, row - before[0] + i, column - before[1] + j, channel),
          );
          transformNumbers(matrix, tile)
            .flat()
            .forEach((value, point) => {
              result[((block * tilePoints + point) * rows + matrixRow) * channels + channel] = value;
            });
        }
      });
      return [result];
    },
  });
}

function lower(
  name: string,
  matrix: Matrix,
  size: number,
  { inputs, outputs, attributes: tiles, emit }: WinogradContext,
): void {
  const [images] = inputs;
  const nest = new NestBuilder(name);
  const { block, image, imageRow, column, matrixRow } = tileAxes(nest, tiles, images!.shape[0]!);
  const channel = axisIndex(nest.space("channel", images!.shape.at(-1)!));
  const [top, left] = tiles.before;
  const tile = tileOf(size, (i, j) => {
    const pixel = [addIndex(imageRow, constantIndex(i - top)), addIndex(column, constantIndex(j - left))];
    return nest.load(images!, [image, ...pixel, channel], 0);
  });
  transformTile(matrix, tile).forEach((values, i) => {
    values.forEach((value, j) => {
      nest.store(outputs[0]!, [block, pointIndex(i, j), matrixRow, channel], value);
    });
  });
  emit(nest.build());
}

/** An element of images, 0 outside of them. */
function elementAt(
  { shape, data }: ReferenceArray,
  image: number,
  row: number,
  column: number,
  channel: number,
): number {
  const [, rows, columns, channels] = shape as readonly [number, number, number, number];
  if (row < 0 || row >= rows || column < 0 || column >= columns) return 0;
  return data[((image * rows + row) * columns + column) * channels + channel]!;
}
