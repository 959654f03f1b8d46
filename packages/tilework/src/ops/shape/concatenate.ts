import { applyOp, type OpDefinition } from "../../graph/define-op.ts";
import type { TensorType, Value } from "../../graph/value.ts";
import { addIndex, constantIndex } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { forEachPlace, offsetOf } from "../reference-elementwise.ts";
import { normalizeAxis } from "../shape-rules.ts";
import { slice } from "./slice.ts";

const definition: OpDefinition<number> = {
  name: "concatenate",
  infer: (inputs, axis) => [inferConcatenate(inputs, axis)],
  gradient: ({ inputs, upstream: [upstream], attributes: axis }) => {
    const starts = startsAlong(inputs, axis);
    return inputs.map((x, i) =>
      slice(
        upstream!,
        x.shape.map((_, a) => (a === axis ? starts[i]! : 0)),
        x.shape,
      ),
    );
  },
  lower: ({ inputs, outputs: [y], attributes: axis, emit }) => {
    const starts = startsAlong(inputs, axis);
    for (const [i, x] of inputs.entries()) {
      const nest = new NestBuilder("concatenate");
      const place = spaceOver(nest, x.shape);
      const target = place.with(axis, addIndex(place[axis]!, constantIndex(starts[i]!)));
      nest.store(y!, target, nest.load(x, place));
      emit(nest.build());
    }
  },
  reference: (inputs, axis, [type]) => {
    const starts = startsAlong(inputs, axis);
    const strides = stridesOf(type!.shape);
    const result = new Float64Array(sizeOf(type!.shape));
    for (const [i, x] of inputs.entries())
      forEachPlace(x.shape, (place, flat) => {
        result[offsetOf(place, strides) + starts[i]! * strides[axis]!] = x.data[flat]!;
      });
    return [result];
  },
};

/** Tensors one behind the other along an axis; all other axes are equal. */
export const concatenate: Callable<(values: readonly Value[], axis?: number) => Value, number> = callable(
  definition,
  (values: readonly Value[], axis = -1) => {
    const [first] = values;
    if (first === undefined)
      throw new ArgumentError("values", "concatenate: there are no values; pass at least one");
    return applyOp(definition, values, normalizeAxis("concatenate", axis, first.shape.length))[0]!;
  },
);

function startsAlong(inputs: readonly { readonly shape: Shape }[], axis: number): number[] {
  let next = 0;
  return inputs.map(({ shape }) => (next += shape[axis]!) - shape[axis]!);
}

function inferConcatenate(inputs: readonly TensorType[], axis: number): TensorType {
  const [first, ...others] = inputs;
  const { shape, dtype } = first!;
  for (const other of others) {
    const fits =
      other.shape.length === shape.length && other.shape.every((size, a) => a === axis || size === shape[a]);
    if (!fits)
      throw new ShapeError(
        `concatenate: ${formatShape(shape)} and ${formatShape(other.shape)} must be equal along every axis but ${axis}`,
      );
    if (other.dtype !== dtype)
      throw new ShapeError(`concatenate: the inputs are ${dtype} and ${other.dtype}; cast them to one type`);
  }
  const total = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
  return { shape: shape.with(axis, total), dtype };
}
