import { defineOp, type Op } from "../../../graph/define-op.ts";
import type { Value } from "../../../graph/value.ts";
import { addIndex, axisIndex, constantIndex } from "../../../kernel/index-expression.ts";
import { type Buffer, storageOf } from "../../../kernel/nest.ts";
import { NestBuilder } from "../../../kernel/nest-builder.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import {
  forEachTile,
  pointIndex,
  points,
  type TileRange,
  tileAxes,
  tilePoints,
  tileSize,
  type WinogradContext,
  type WinogradTiles,
} from "./tiles.ts";
import { resultMatrix, tileOf, transformNumbers, transformTile } from "./transforms.ts";

const name = "winogradResult";

/** A' m A of every tile of products `[block, 16, tiles, filters]`: the convolution `[batch, rows, columns, filters]`. */
export const winogradResult: Op<[products: Value], WinogradTiles> = defineOp({
  name,
  infer: ([products], { outputSizes, images, bands }) => {
    const { shape } = products!;
    return [{ shape: [(shape[0]! / bands) * images, ...outputSizes, shape.at(-1)!], dtype: "float32" }];
  },
  tile: ({ outputSizes }) =>
    outputSizes.every((size) => size % tileSize === 0) ? outputSizes.map(() => tileSize) : undefined,
  lower,
  reference: ([products], tiles, [type]) => {
    const [batch, rows, columns, filters] = type!.shape as readonly [number, number, number, number];
    const [, , matrixRows] = products!.shape as readonly [number, number, number];
    const result = new Float64Array(sizeOf(type!.shape));
    forEachTile(tiles, batch, (image, row, column, block, matrixRow) => {
      for (let filter = 0; filter < filters; filter++) {
        const tile = tileOf(points, (i, j) => {
          const point = block * tilePoints + i * points + j;
          return products!.data[(point * matrixRows + matrixRow) * filters + filter]!;
        });
        transformNumbers(resultMatrix, tile).forEach((values, i) => {
          values.forEach((value, j) => {
            if (row + i < rows && column + j < columns)
              result[((image * rows + row + i) * columns + column + j) * filters + filter] = value;
          });
        });
      }
    });
    return [result];
  },
});

/** One nest for whole tiles; where the image's size is odd, others for the tiles of which it has a part only. */
function lower(context: WinogradContext): void {
  const { outputSizes, bands } = context.attributes;
  const [rows, columns] = [parts(outputSizes[0] / bands), parts(outputSizes[1])];
  for (const row of rows) for (const column of columns) writeTiles(context, row, column);
}

/** Neighbouring tiles along an axis of which so many outputs lie in the image. */
interface Part {
  readonly first: number;
  readonly tiles: number;
  readonly outputs: number;
}

function parts(size: number): Part[] {
  const whole = Math.floor(size / tileSize);
  const rest = size % tileSize;
  return [
    ...(whole > 0 ? [{ first: 0, tiles: whole, outputs: tileSize }] : []),
    ...(rest > 0 ? [{ first: whole, tiles: 1, outputs: rest }] : []),
  ];
}

function writeTiles(
  { inputs, outputs, attributes: tiles, emit }: WinogradContext,
  rows: Part,
  columns: Part,
): void {
  const [products] = inputs;
  const filters = products!.shape.at(-1)!;
  const nest = new NestBuilder(name);
  const range: TileRange = { first: [rows.first, columns.first], count: [rows.tiles, columns.tiles] };
  const batch = outputs[0]!.shape[0]!;
  const { block, image, blockRow, column, matrixRow } = tileAxes(nest, tiles, batch, range);
  const filter = axisIndex(nest.space("filter", filters));
  const result = tiles.bands > 1 ? bandsOf(outputs[0]!, tiles.bands) : outputs[0]!;
  const tile = tileOf(points, (i, j) => nest.load(products!, [block, pointIndex(i, j), matrixRow, filter]));
  transformTile(resultMatrix, tile).forEach((values, i) => {
    values.forEach((value, j) => {
      if (i >= rows.outputs || j >= columns.outputs) return;
      const place = [addIndex(blockRow, constantIndex(i)), addIndex(column, constantIndex(j))];
      nest.store(result, [tiles.bands > 1 ? block : image, ...place, filter], value);
    });
  });
  emit(nest.build());
}

/** Images as their bands of rows, each an image of its own. */
function bandsOf(images: Buffer, bands: number): Buffer {
  const [batch, rows, ...rest] = images.shape as [number, number, ...number[]];
  return { ...images, shape: [batch * bands, rows / bands, ...rest], viewOf: storageOf(images) };
}
