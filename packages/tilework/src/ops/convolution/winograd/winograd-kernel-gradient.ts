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
import { pointIndex, points } from "./tiles.ts";
import { kernelGradientMatrix, tileOf, transformNumbers, transformTile } from "./transforms.ts";

const name = "winogradKernelGradient";
const taps = 3;

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
      const shape = [chunks, points ** 2, channels, upstream.shape.at(-1)!];
      const sums = context.temporary("sums", shape);
      sumTiles(context, data, upstream, sums);
      transformSum(context, addChunks(context, sums));
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
                const matrix = block * points ** 2 + i * points + j;
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
): void {
  const nest = new NestBuilder(name);
  const { blocks, tiles } = attributes;
  const axis = (size: number, declare: () => number): Index =>
    size > 1 ? axisIndex(declare()) : constantIndex(0);
  const [chunk, point, channel, filter] = sums.shape.map((size, at) =>
    axis(size, () => nest.space(["chunk", "point", "channel", "filter"][at]!, size)),
  ) as [Index, Index, Index, Index];
  const inChunk = axis(blocks, () => nest.reduction("block", blocks));
  const block = addIndex(scaleIndex(chunk, blocks), inChunk);
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
  nest.store(sums, [chunk, point, channel, filter], sum!);
  emit(nest.build());
}

/** Adds the chunks' sums, first chunk first. */
function addChunks({ temporary, emit }: LowerContext<WinogradKernelGradientOptions>, sums: Buffer): Buffer {
  const [chunks, ...shape] = sums.shape as [number, ...number[]];
  if (chunks === 1) return sums;
  const total = temporary("total", [1, ...shape]);
  const nest = new NestBuilder("sumOfChunks");
  const place = shape.map((size, axis) => axisIndex(nest.space(`d${axis}`, size)));
  const chunk = axisIndex(nest.reduction("chunk", chunks));
  const [sum] = nest.reduce([{ op: "add", value: nest.load(sums, [chunk, ...place]) }]);
  nest.store(total, [constantIndex(0), ...place], sum!);
  emit(nest.build());
  return total;
}

function transformSum({ outputs, emit }: LowerContext<WinogradKernelGradientOptions>, total: Buffer): void {
  const [channels, filters] = total.shape.slice(2) as [number, number];
  const nest = new NestBuilder("winogradKernelGradientTaps");
  const channel = axisIndex(nest.space("channel", channels));
  const filter = axisIndex(nest.space("filter", filters));
  const tile = tileOf(points, (i, j) =>
    nest.load(total, [constantIndex(0), pointIndex(i, j), channel, filter]),
  );
  transformTile(kernelGradientMatrix, tile).forEach((values, i) => {
    values.forEach((value, j) => {
      nest.store(outputs[0]!, [constantIndex(i), constantIndex(j), channel, filter], value);
    });
  });
  emit(nest.build());
}
