import { defineOp, type LowerContext, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { compare, f32, position, select } from "../../kernel/build-expression.ts";
import { axisIndex } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { checkImage } from "../convolution/convolution-shapes.ts";
import { forEachReading } from "./each-reading.ts";
import { maxPoolBackward } from "./max-pool-backward.ts";
import { checkPooled, pooledShape, poolGeometry, type UnpoolOptions } from "./pool-geometry.ts";
import { readWindow } from "./pool-nest.ts";

const name = "maxPoolSelect";

/** Takes from images of the pooling's input shape the pixels that the codes name: the gradient of maxPoolBackward. */
export const maxPoolSelect: Op<[codes: Value, images: Value], UnpoolOptions> = defineOp({
  name,
  infer: ([codes, images], { pool }) => {
    checkImage(name, "images", images!);
    const geometry = poolGeometry(name, images!.shape, pool);
    checkPooled(name, "codes", codes!, geometry);
    return [{ shape: pooledShape(geometry), dtype: "float32" }];
  },
  gradient: ({ inputs: [codes], attributes, upstream: [upstream] }) => [
    undefined,
    maxPoolBackward(codes!, upstream!, attributes),
  ],
  lower,
  reference: ([codes, images], { pool }) => {
    const geometry = poolGeometry(name, images!.shape, pool);
    const selected = new Float64Array(sizeOf(pooledShape(geometry)));
    forEachReading(geometry, (input, output, code) => {
      if (codes!.data[output] === code) selected[output] = images!.data[input]!;
    });
    return [selected];
  },
});

function lower(context: LowerContext<UnpoolOptions>): void {
  const [codes, images] = context.inputs as [Buffer, Buffer];
  const geometry = poolGeometry(name, images.shape, context.attributes.pool);
  const nest = new NestBuilder(name);
  const image = axisIndex(nest.space("image", geometry.batch));
  const outputs = geometry.outputSizes.map((size, axis) => nest.space(`output${axis}`, size));
  const channel = axisIndex(nest.space("channel", geometry.channels));
  const { pixel, code } = readWindow(nest, geometry, outputs);
  const place = [image, ...outputs.map((axis) => axisIndex(axis)), channel];
  const won = compare("eq", nest.load(codes, place), position(code));
  const share = select(won, nest.load(images, [image, ...pixel, channel]), f32(0));
  const [selected] = nest.reduce([{ op: "add", value: share }]);
  nest.store(context.outputs[0]!, place, selected!);
  context.emit(nest.build());
}
