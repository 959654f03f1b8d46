import { applyOp, type LowerContext, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { f32, mul } from "../../kernel/build-expression.ts";
import { axisIndex } from "../../kernel/index-expression.ts";
import type { Buffer, Nest } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Callable, callable } from "../callable.ts";
import { checkImage, spatialSizes } from "../convolution/convolution-shapes.ts";
import { averagePoolBackward } from "./average-pool-backward.ts";
import { forEachReading } from "./each-reading.ts";
import { pixelShare } from "./pixel-share.ts";
import {
  type Pool,
  type PoolGeometry,
  type PoolOptions,
  pooledShape,
  poolGeometry,
  readShape,
  sharingAxis,
} from "./pool-geometry.ts";
import { readWindow } from "./pool-nest.ts";
import { rowsFirst } from "./rows-first.ts";
import { separateAxes } from "./separate-axes.ts";
import { pixelRows, WholeImages } from "./whole-images.ts";

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
  reads: ({ shape }, { pool }) => readShape(name, shape, pool),
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
  const whole = poolGeometry(name, context.inputs[0]!.shape, context.attributes.pool);
  const rows = pixelRows(whole);
  if (rows !== undefined) {
    averageRows(context, new WholeImages(whole, rows), sizeOf(whole.inputSizes));
    return;
  }
  const split = rowsFirst(whole);
  const passes = split === undefined ? separateAxes(whole) : [split.rows, split.columns];
  let source = context.inputs[0]!;
  passes.forEach((pass, at) => {
    const last = at === passes.length - 1;
    const target = last ? context.outputs[0]! : context.temporary(`sums${at}`, pooledShape(pass));
    context.emit(passNest(pass, source, target, last ? whole : undefined));
    source = target;
  });
}

/** The means of whole images: their rows' sum, then the sum of that one's pixels. */
function averageRows(context: LowerContext<AveragePoolAttributes>, whole: WholeImages, pixels: number): void {
  const sums = context.temporary("rowSums", whole.foldedShape);
  const first = new NestBuilder(name);
  const rows = whole.foldRows(first);
  const row = first.load(whole.asLanes(context.inputs[0]!), rows.from);
  first.store(whole.asLanes(sums), rows.to, first.reduce([{ op: "add", value: row }])[0]!);
  context.emit(first.build());
  const second = new NestBuilder(name);
  const places = whole.foldPixels(second);
  const [sum] = second.reduce([{ op: "add", value: second.load(sums, places.from) }]);
  second.store(context.outputs[0]!, places.to, mul(sum!, f32(1 / pixels)));
  context.emit(second.build());
}

/** Sums over windows; the last pass divides by the pixels of the whole windows. */
function passNest(
  pass: PoolGeometry,
  source: Buffer,
  target: Buffer,
  divideBy: PoolGeometry | undefined,
): Nest {
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", pass.batch));
  const outputs = pass.outputSizes.map((size, axis) => nest.space(`output${axis}`, size));
  const channel = axisIndex(nest.space("channel", pass.channels));
  const { pixel, outerCode } = readWindow(nest, pass, outputs, { outer: sharingAxis(pass) });
  let [sum] = nest.reduce([{ op: "add", value: nest.load(source, [image, ...pixel, channel]) }]);
  if (outerCode !== undefined) [sum] = nest.reduce([{ op: "add", value: sum! }]);
  const value = divideBy === undefined ? sum! : mul(sum!, pixelShare(divideBy, outputs));
  nest.store(target, [image, ...outputs.map((axis) => axisIndex(axis)), channel], value);
  return nest.build();
}
