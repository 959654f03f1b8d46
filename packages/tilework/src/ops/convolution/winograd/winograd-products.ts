import { defineOp, type LowerContext, type Op } from "../../../graph/define-op.ts";
import type { Value } from "../../../graph/value.ts";
import { mul } from "../../../kernel/build-expression.ts";
import { axisIndex } from "../../../kernel/index-expression.ts";
import type { Buffer } from "../../../kernel/nest.ts";
import { NestBuilder } from "../../../kernel/nest-builder.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { matricesShape } from "./tiles.ts";

const name = "winogradProducts";

export interface WinogradProductsOptions {
  /** The rows of a block's matrices that count. */
  readonly tiles: number;
}

/**
 * Transformed tiles `[block, 16, tiles, channels]` times the transformed kernel `[16, channels, filters]`, point by
 * point: `[block, 16, tiles, filters]`.
 */
export const winogradProducts: Op<[data: Value, kernel: Value], WinogradProductsOptions> = defineOp({
  name,
  infer: ([data, kernel], { tiles }) => [
    { shape: matricesShape(data!.shape[0]!, tiles, kernel!.shape.at(-1)!), dtype: "float32" },
  ],
  lower,
  reference: ([data, kernel], { tiles }, [type]) => {
    const [points, channels, filters] = kernel!.shape as readonly [number, number, number];
    const result = new Float64Array(sizeOf(type!.shape));
    for (let matrix = 0; matrix < data!.shape[0]! * points; matrix++)
      for (let tile = 0; tile < tiles; tile++)
        for (let channel = 0; channel < channels; channel++) {
          const x = data!.data[(matrix * data!.shape[2]! + tile) * channels + channel]!;
          const row = ((matrix % points) * channels + channel) * filters;
          const to = (matrix * type!.shape[2]! + tile) * filters;
          for (let filter = 0; filter < filters; filter++)
            result[to + filter]! += x * kernel!.data[row + filter]!;
        }
    return [result];
  },
});

function lower({ inputs, outputs, attributes, emit }: LowerContext<WinogradProductsOptions>): void {
  const [data, kernel] = inputs as readonly [Buffer, Buffer];
  const [points, channels, filters] = kernel.shape as readonly [number, number, number];
  const nest = new NestBuilder(name);
  const block = axisIndex(nest.space("block", data.shape[0]!));
  const point = axisIndex(nest.space("point", points));
  const tile = axisIndex(nest.space("tile", attributes.tiles));
  const filter = axisIndex(nest.space("filter", filters));
  const channel = axisIndex(nest.reduction("channel", channels));
  const product = mul(
    nest.load(data, [block, point, tile, channel]),
    nest.load(kernel, [point, channel, filter]),
  );
  const [sum] = nest.reduce([{ op: "add", value: product }]);
  nest.store(outputs[0]!, [block, point, tile, filter], sum!);
  emit(nest.build());
}
