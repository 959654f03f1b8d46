import { applyOp, type LowerContext, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { div } from "../../kernel/build-expression.ts";
import { axisIndex } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Callable, callable } from "../callable.ts";
import { checkImage, spatialSizes } from "../convolution/convolution-shapes.ts";
import { averagePoolBackward } from "./average-pool-backward.ts";
import { forEachReading } from "./each-reading.ts";
import { pixelCount } from "./pixel-count.ts";
import { type Pool, type PoolOptions, pooledShape, poolGeometry } from "./pool-geometry.ts";
import { readWindow } from "./pool-nest.ts";

const name = "averagePool";

export interface AveragePoolAttributes {
  readonly pool: Pool;
}

export const averagePoolDefinition: OpDefinition<AveragePoolAttributes> = {
  name,
  infer: ([x], { pool }) => {
    checkImage(name, "x", x!);
    return [{ shape: pooledShape(poolGeometry(name, x!.shape, pool)), dtype: "float32" }];
  },
  gradient: ({ inputs: [x], attributes, upstream: [upstream] }) => [
    averagePoolBackward(upstream!, { ...attributes, inputSizes: spatialSizes(x!.shape) }),
  ],
  lower,
  reference: ([x], { pool }) => {
    const geometry = poolGeometry(name, x!.shape, pool);
    const sums = new Float64Array(sizeOf(pooledShape(geometry)));
    const counts = new Float64Array(sums.length);
    forEachReading(geometry, (input, output) => {
      sums[output]! += x!.data[input]!;
      counts[output]!++;
    });
    return [sums.map((sum, output) => sum / counts[output]!)];
  },
};

/**
 * The mean of each window's real pixels, channel by channel: `[batch, …spatial, channels]` to `[batch, …outputs,
 * channels]`. Padding counts neither in the sum nor in the divisor.
 */
export const averagePool: Callable<(x: Value, options: PoolOptions) => Value, AveragePoolAttributes> =
  callable(averagePoolDefinition, (x, pool) => applyOp(averagePoolDefinition, [x], { pool })[0]!);

function lower(context: LowerContext<AveragePoolAttributes>): void {
  const x = context.inputs[0]!;
  const geometry = poolGeometry(name, x.shape, context.attributes.pool);
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", geometry.batch));
  const outputs = geometry.outputSizes.map((size, axis) => nest.space(`output${axis}`, size));
  const channel = axisIndex(nest.space("channel", geometry.channels));
  const { pixel } = readWindow(nest, geometry, outputs);
  const [sum] = nest.reduce([{ op: "add", value: nest.load(x, [image, ...pixel, channel]) }]);
  const place = [image, ...outputs.map((axis) => axisIndex(axis)), channel];
  nest.store(context.outputs[0]!, place, div(sum!, pixelCount(geometry, outputs)));
  context.emit(nest.build());
}
