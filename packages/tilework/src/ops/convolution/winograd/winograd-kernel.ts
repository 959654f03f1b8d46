import { defineOp, type LowerContext, type Op } from "../../../graph/define-op.ts";
import type { Value } from "../../../graph/value.ts";
import { axisIndex, constantIndex } from "../../../kernel/index-expression.ts";
import { NestBuilder } from "../../../kernel/nest-builder.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { pointIndex, tilePoints } from "./tiles.ts";
import { kernelMatrix, taps, tileOf, transformNumbers, transformTile } from "./transforms.ts";

const name = "winogradKernel";

export interface WinogradKernelOptions {
  /** Taps in reverse and filters before channels: the kernel of the convolution that gives the input's gradient. */
  readonly flipped: boolean;
}

/** G g G' of a kernel `[3, 3, channels, filters]`, for each channel and filter: `[16, channels, filters]`. */
export const winogradKernel: Op<[kernel: Value], WinogradKernelOptions> = defineOp({
  name,
  infer: ([kernel], { flipped }) => {
    const [channels, filters] = kernel!.shape.slice(2) as [number, number];
    return [
      { shape: [tilePoints, ...(flipped ? [filters, channels] : [channels, filters])], dtype: "float32" },
    ];
  },
  lower,
  reference: ([kernel], { flipped }, [type]) => {
    const [channels, filters] = kernel!.shape.slice(2) as [number, number];
    const result = new Float64Array(sizeOf(type!.shape));
    for (let channel = 0; channel < channels; channel++)
      for (let filter = 0; filter < filters; filter++) {
        const tile = tileOf(taps, (i, j) => {
          const [row, column] = flipped ? [taps - 1 - i, taps - 1 - j] : [i, j];
          return kernel!.data[((row * taps + column) * channels + channel) * filters + filter]!;
        });
        const at = flipped ? filter * channels + channel : channel * filters + filter;
        transformNumbers(kernelMatrix, tile)
          .flat()
          .forEach((value, point) => {
            result[point * channels * filters + at] = value;
          });
      }
    return [result];
  },
});

function lower({
  inputs,
  outputs,
  attributes: { flipped },
  emit,
}: LowerContext<WinogradKernelOptions>): void {
  const [kernel] = inputs;
  const [channels, filters] = kernel!.shape.slice(2) as [number, number];
  const nest = new NestBuilder(name);
  const outer = axisIndex(nest.space(flipped ? "filter" : "channel", flipped ? filters : channels));
  const inner = axisIndex(nest.space(flipped ? "channel" : "filter", flipped ? channels : filters));
  const [channel, filter] = flipped ? [inner, outer] : [outer, inner];
  const tile = tileOf(taps, (i, j) => {
    const tap = flipped ? [taps - 1 - i, taps - 1 - j] : [i, j];
    return nest.load(kernel!, [...tap.map(constantIndex), channel, filter]);
  });
  transformTile(kernelMatrix, tile).forEach((values, i) => {
    values.forEach((value, j) => {
      nest.store(outputs[0]!, [pointIndex(i, j), outer, inner], value);
    });
  });
  emit(nest.build());
}
