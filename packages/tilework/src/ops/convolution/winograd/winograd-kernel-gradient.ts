import { defineOp, type LowerContext, type Op } from "../../../graph/define-op.ts";
import type { Value } from "../../../graph/value.ts";
import { mul } from "../../../kernel/build-expression.ts";
import {
  addIndex,
  axisIndex,
  constantIndex,
  type Index,
  scaleIndex,
} from "../../../kernel/index-expression.ts";
import type { Buffer } from "../../../kernel/nest.ts";
import { NestBuilder } from "../../../kernel/nest-builder.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { chunkAxis, sumPartials } from "../chunks.ts";
import { pointIndex, points, tilePoints } from "./tiles.ts";
import { kernelGradientMatrix, taps, tileOf, transformNumbers, transformTile } from "./transforms.ts";

const name = "winogradKernelGradient";

export interface WinogradKernelGradientOptions {
  /** Blocks that are summed one after the other; a divisor of their number. The chunks' sums are added then. */
  readonly blocks: number;
  /** Rows (of all its images) and columns of tiles in a block. */
  readonly tiles: readonly [rows: number, columns: number];
}

/**
 * The kernel's gradient `[3, 3, channels, filters]` from transformed data `[block, 16, tiles, channels]` and transformed
 * upstream gradients `[block, 16, tiles, filters]`: G' s G, s the sum over tiles of the products at each point.
 */
export const winogradKernelGradient: Op<[data: Value, upstream: Value], WinogradKernelGradientOptions> =
  defineOp({
    name,
    infer: ([data, upstream]) => [
      { shape: [taps, taps, data!.shape.at(-1)!, upstream!.shape.at(-1)!], dtype: "float32" },
    ],
    lower: (context) => {
      const [data, upstream] = context.inputs as [Buffer, Buffer];
      const [blocks, , , channels] = data.shape as readonly [number, number, number, number];
      const chunks = blocks / context.attributes.blocks;
      const sums = context.temporary("sums", [tilePoints, channels, upstream.shape.at(-1)!]);
      sumPartials(context, sums, chunks, (target) => sumTiles(context, data, upstream, target, chunks));
      transformSum(context, sums);
    },
    reference: ([data, upstream], { tiles }, [type]) => {
      const [blocks, , , channels] = data!.shape as readonly [number, number, number, number];
      const filters = upstream!.shape.at(-1)!;
      const result = new Float64Array(sizeOf(type!.shape));
      for (let channel = 0; channel < channels; channel++)
        for (let filter = 0; filter < filters; filter++) {
          const sums = tileOf(points, (i, j) => {
            let sum = 0;
            for (let block = 0; block < blocks; block++)
              for (let tile = 0; tile < tiles[0] * tiles[1]; tile++) {
                const matrix = block * tilePoints + i * points + j;
                const x = (matrix * data!.shape[2]! + tile) * channels + channel;
                const u = (matrix * upstream!.shape[2]! + tile) * filters + filter;
                sum += data!.data[x]! * upstream!.data[u]!;
              }
            return sum;
          });
          transformNumbers(kernelGradientMatrix, sums)
            .flat()
            .forEach((value, tap) => {
              result[(tap * channels + channel) * filters + filter] = value;
            });
        }
      return [result];
    },
  });

function sumTiles(
  { attributes, emit }: LowerContext<WinogradKernelGradientOptions>,
  data: Buffer,
  upstream: Buffer,
  sums: Buffer,
  chunks: number,
): void {
  const nest = new NestBuilder(name);
  const { blocks, tiles } = attributes;
  const chunk = chunkAxis(nest, { count: chunks });
  const [point, channel, filter] = sums.shape
    .slice(-3)
    .map((size, at) =>
      size > 1 ? axisIndex(nest.space(["point", "channel", "filter"][at]!, size)) : constantIndex(0),
    ) as [Index, Index, Index];
  const inChunk = blocks > 1 ? axisIndex(nest.reduction("block", blocks)) : constantIndex(0);
  const block = addIndex(...chunk.map((index) => scaleIndex(index, blocks)), inChunk);
  const [row, column] = tiles.map((size, at) =>
    axisIndex(nest.reduction(["tileRow", "tileColumn"][at]!, size), at === 0 ? tiles[1] : 1),
  ) as [Index, Index];
  const tile = addIndex(row, column);
  const [sum] = nest.reduce([
    {
      op: "add",
      value: mul(
        nest.load(data, [block, point, tile, channel]),
        nest.load(upstream, [block, point, tile, filter]),
      ),
    },
  ]);
  nest.store(sums, [...chunk, point, channel, filter], sum!);
  emit(nest.build());
}

function transformSum({ outputs, emit }: LowerContext<WinogradKernelGradientOptions>, sums: Buffer): void {
  const [channels, filters] = sums.shape.slice(1) as [number, number];
  const nest = new NestBuilder("winogradKernelGradientTaps");
  const channel = axisIndex(nest.space("channel", channels));
  const filter = axisIndex(nest.space("filter", filters));
  const tile = tileOf(points, (i, j) => nest.load(sums, [pointIndex(i, j), channel, filter]));
  transformTile(kernelGradientMatrix, tile).forEach((values, i) => {
    values.forEach((value, j) => {
      nest.store(outputs[0]!, [constantIndex(i), constantIndex(j), channel, filter], value);
    });
  });
  emit(nest.build());
}
