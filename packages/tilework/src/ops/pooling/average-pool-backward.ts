import { applyOp, defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { f32, mul } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { axisIndex } from "../../kernel/index-expression.ts";
import type { Buffer, Nest } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { checkImage } from "../convolution/convolution-shapes.ts";
import { averagePoolDefinition } from "./average-pool.ts";
import { forEachReading } from "./each-reading.ts";
import { axisShare, commonPixelCount, pixelShare, unevenAxes } from "./pixel-share.ts";
import {
  checkPooled,
  type PoolGeometry,
  poolGeometry,
  sharingAxis,
  type UnpoolOptions,
  unpooledShape,
  windowSizes,
} from "./pool-geometry.ts";
import { pooledPixel } from "./pool-nest.ts";
import { separateAxes } from "./separate-axes.ts";

const name = "averagePoolBackward";

/** The gradient of average pooling by its input: each pixel gets an even share of the windows that hold it. */
export const averagePoolBackward: Op<[upstream: Value], UnpoolOptions> = defineOp({
  name,
  infer: ([upstream], options) => {
    checkImage(name, "upstream", upstream!);
    const shape = unpooledShape(upstream!.shape, options);
    checkPooled(name, "upstream", upstream!, poolGeometry(name, shape, options.pool));
    return [{ shape, dtype: "float32" }];
  },
  gradient: ({ attributes: { pool }, upstream }) => applyOp(averagePoolDefinition, [upstream[0]!], { pool }),
  scatteredInput: 0,
  lower: (context) => {
    const upstream = context.inputs[0]!;
    const shape = unpooledShape(upstream.shape, context.attributes);
    const geometry = poolGeometry(name, shape, context.attributes.pool);
    const uneven = unevenAxes(geometry);
    const isBefore = uneven.length > 0 && sharesBefore(geometry);
    const shares = new Map(isBefore ? [] : uneven.map((axis) => [axis, axisShares(context, geometry, axis)]));
    const count = isBefore ? 1 : commonPixelCount(geometry);
    let given = isBefore ? shareOut(context, geometry, upstream) : upstream;
    separateAxes(geometry)
      .toReversed()
      .forEach((pass, at, passes) => {
        const last = at === passes.length - 1;
        const target = last ? context.outputs[0]! : context.temporary(`sums${at}`, pixelShape(pass));
        context.emit(sumOverReaders(pass, { given, target, shares, count: last ? count : 1 }));
        given = target;
      });
  },
  reference: ([upstream], options) => {
    const shape = unpooledShape(upstream!.shape, options);
    const geometry = poolGeometry(name, shape, options.pool);
    const counts = new Float64Array(upstream!.data.length);
    forEachReading(geometry, (_, output) => counts[output]!++);
    const dx = new Float64Array(sizeOf(shape));
    forEachReading(geometry, (input, output) => {
      dx[input]! += upstream!.data[output]! / counts[output]!;
    });
    return [dx];
  },
});

/** Pixels a window from which on windows are few. */
const FEW = 8;

/** What each pixel of a window counts for is multiplied on the way, unless windows are so few that a pass over them costs less. */
function sharesBefore({ inputSizes, outputSizes }: PoolGeometry): boolean {
  return FEW * sizeOf(outputSizes) <= sizeOf(inputSizes);
}

function axisShares(context: LowerContext<UnpoolOptions>, geometry: PoolGeometry, axis: number): Buffer {
  const shares = context.temporary(`shares${axis}`, [geometry.outputSizes[axis]!]);
  const nest = new NestBuilder("averagePoolShares");
  const output = nest.space("output", geometry.outputSizes[axis]!);
  nest.store(shares, [axisIndex(output)], axisShare(geometry, axis, output));
  context.emit(nest.build());
  return shares;
}

function shareOut(context: LowerContext<UnpoolOptions>, geometry: PoolGeometry, upstream: Buffer): Buffer {
  const shares = context.temporary("shares", upstream.shape);
  const nest = new NestBuilder("averagePoolShares");
  const image = axisIndex(nest.space("image", geometry.batch));
  const outputs = geometry.outputSizes.map((size, axis) => nest.space(`output${axis}`, size));
  const channel = axisIndex(nest.space("channel", geometry.channels));
  const place = [image, ...outputs.map((axis) => axisIndex(axis)), channel];
  nest.store(shares, place, mul(nest.load(upstream, place), pixelShare(geometry, outputs)));
  context.emit(nest.build());
  return shares;
}

function pixelShape({ batch, inputSizes, channels }: PoolGeometry): number[] {
  return [batch, ...inputSizes, channels];
}

interface ReaderSum {
  readonly given: Buffer;
  readonly target: Buffer;
  /** By axis: what the windows' pixels count for, still to be multiplied. */
  readonly shares: ReadonlyMap<number, Buffer>;
  /** The sum is divided by it. */
  readonly count: number;
}

/** Sums for each pixel what its windows give. */
function sumOverReaders(geometry: PoolGeometry, { given, target, shares, count }: ReaderSum): Nest {
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", geometry.batch));
  const pixel = pooledPixel(nest, geometry);
  const channel = axisIndex(nest.space("channel", geometry.channels));
  const outer = sharingAxis(geometry);
  const { output, fill, reduces } = pixel.readers(outer);
  const own = [...shares.keys()].filter((axis) => windowSizes(geometry)[axis]! > 1);
  const shareOf = (value: Expression, axis: number): Expression =>
    mul(value, nest.load(shares.get(axis)!, [output[axis]!], fill));
  const share = own
    .filter((axis) => axis !== outer)
    .reduce(shareOf, nest.load(given, [image, ...output, channel], fill));
  let [sum] = reduces ? nest.reduce([{ op: "add", value: share }]) : [share];
  if (outer !== undefined)
    [sum] = nest.reduce([{ op: "add", value: own.includes(outer) ? shareOf(sum!, outer) : sum! }]);
  const value = count === 1 ? sum! : mul(sum!, f32(1 / count));
  nest.store(target, [image, ...pixel.position, channel], value);
  return nest.build();
}
