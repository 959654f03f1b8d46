import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { addIndex, constantIndex, scaleIndex } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { forEachPlace } from "../reference-elementwise.ts";
import { spread } from "./spread.ts";

/** One entry an axis. */
export interface SliceAttributes {
  /** The first position taken. */
  readonly begin: readonly number[];
  /** How many positions are taken. */
  readonly size: readonly number[];
  /** The distance between positions taken. */
  readonly strides: readonly number[];
}

const definition: OpDefinition<SliceAttributes> = {
  name: "slice",
  infer: ([x], attributes) => {
    checkSlice(x!.shape, attributes);
    return [{ shape: attributes.size, dtype: x!.dtype }];
  },
  gradient: ({ inputs: [x], upstream: [upstream], attributes: { begin, strides } }) => [
    spread(upstream!, { shape: x!.shape, begin, strides }),
  ],
  lower: ({ inputs: [x], outputs: [y], attributes: { begin, strides }, emit }) => {
    const nest = new NestBuilder("slice");
    const place = spaceOver(nest, y!.shape);
    const index = place.map((at, axis) =>
      addIndex(constantIndex(begin[axis]!), scaleIndex(at, strides[axis]!)),
    );
    nest.store(y!, place, nest.load(x!, index));
    emit(nest.build());
  },
  reference: ([x], { begin, size, strides }) => {
    const steps = stridesOf(x!.shape);
    const result = new Float64Array(sizeOf(size));
    forEachPlace(size, (place, flat) => {
      const from = place.reduce(
        (sum, at, axis) => sum + (begin[axis]! + at * strides[axis]!) * steps[axis]!,
        0,
      );
      result[flat] = x!.data[from]!;
    });
    return [result];
  },
};

const op = defineOp<[x: Value], SliceAttributes>(definition);

/** Every `strides`-th element from `begin` on, `size` of them along each axis. `strides` defaults to 1. */
export const slice: Callable<
  (x: Value, begin: readonly number[], size: Shape, strides?: readonly number[]) => Value,
  SliceAttributes
> = callable(definition, (x: Value, begin: readonly number[], size: Shape, strides?: readonly number[]) =>
  op(x, { begin, size, strides: strides ?? x.shape.map(() => 1) }),
);

function checkSlice(shape: Shape, { begin, size, strides }: SliceAttributes): void {
  if ([begin, size, strides].some((list) => list.length !== shape.length))
    throw new ShapeError(
      `slice: begin, size and strides need one entry for each axis of ${formatShape(shape)}`,
    );
  for (const [axis, length] of shape.entries()) {
    const [first, count, stride] = [begin[axis]!, size[axis]!, strides[axis]!];
    const valid = first >= 0 && count >= 1 && stride >= 1 && first + (count - 1) * stride < length;
    if (valid && [first, count, stride].every(Number.isInteger)) continue;
    throw new ShapeError(
      `slice: ${count} positions from ${first} on with stride ${stride} do not lie within axis ${axis} of ` +
        `${formatShape(shape)}, which has positions 0 to ${length - 1}`,
    );
  }
}
