import { defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { compare, f32, position, select } from "../../kernel/build-expression.ts";
import { axisIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { checkImage } from "../convolution/convolution-shapes.ts";
import { forEachReading } from "./each-reading.ts";
import { maxPoolSelect } from "./max-pool-select.ts";
import { checkPooled, poolGeometry, type UnpoolOptions, unpooledShape } from "./pool-geometry.ts";
import { pooledPixel } from "./pool-nest.ts";

const name = "maxPoolBackward";

/** The gradient of max pooling by its input: each upstream element goes to the pixel that its code names. */
export const maxPoolBackward: Op<[codes: Value, upstream: Value], UnpoolOptions> = defineOp({
  name,
  infer: ([codes, upstream], options) => {
    checkImage(name, "upstream", upstream!);
    const shape = unpooledShape(upstream!.shape, options);
    const geometry = poolGeometry(name, shape, options.pool);
    checkPooled(name, "upstream", upstream!, geometry);
    checkPooled(name, "codes", codes!, geometry);
    return [{ shape, dtype: "float32" }];
  },
  gradient: ({ inputs: [codes], attributes, upstream: [upstream] }) => [
    undefined,
    maxPoolSelect(codes!, upstream!, attributes),
  ],
  scatteredInput: 1,
  lower,
  reference: ([codes, upstream], options) => {
    const shape = unpooledShape(upstream!.shape, options);
    const dx = new Float64Array(sizeOf(shape));
    forEachReading(poolGeometry(name, shape, options.pool), (input, output, code) => {
      if (codes!.data[output] === code) dx[input]! += upstream!.data[output]!;
    });
    return [dx];
  },
});

function lower(context: LowerContext<UnpoolOptions>): void {
  const [codes, upstream] = context.inputs as [Buffer, Buffer];
  const { attributes } = context;
  const geometry = poolGeometry(name, unpooledShape(upstream.shape, attributes), attributes.pool);
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", geometry.batch));
  const pixel = pooledPixel(nest, geometry);
  const channel = axisIndex(nest.space("channel", geometry.channels));
  const { output, code, fill, reduces } = pixel.readers();
  const place = [image, ...output, channel];
  const won = compare("eq", nest.load(codes, place, fill), position(code));
  const share = select(won, nest.load(upstream, place, fill), f32(0));
  const [gradient] = reduces ? nest.reduce([{ op: "add", value: share }]) : [share];
  nest.store(context.outputs[0]!, [image, ...pixel.position, channel], gradient!);
  context.emit(nest.build());
}
