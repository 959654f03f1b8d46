import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import type { Index } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf, stridesOf } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { forEachPlace, offsetOf } from "../reference-elementwise.ts";
import { normalizeAxis } from "../shape-rules.ts";

const definition: OpDefinition<readonly number[]> = {
  name: "transpose",
  infer: ([x], permutation) => [{ shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype }],
  gradient: ({ upstream: [upstream], attributes: permutation }) => [
    transpose(
      upstream!,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  lower: ({ inputs: [x], outputs: [y], attributes: permutation, emit }) => {
    const nest = new NestBuilder("transpose");
    const place = spaceOver(nest, y!.shape);
    const index: Index[] = permutation.map((_, axis) => place[permutation.indexOf(axis)]!);
    nest.store(y!, place, nest.load(x!, index));
    emit(nest.build());
  },
  reference: ([x], permutation, [type]) => {
    const strides = stridesOf(x!.shape);
    const permuted = permutation.map((axis) => strides[axis]!);
    const result = new Float64Array(sizeOf(type!.shape));
    forEachPlace(type!.shape, (place, flat) => {
      result[flat] = x!.data[offsetOf(place, permuted)]!;
    });
    return [result];
  },
};

const op = defineOp<[x: Value], readonly number[]>(definition);

/** x with its axes in another order: axis i of the result is axis permutation[i] of x. Default: reversed. */
export const transpose: Callable<(x: Value, permutation?: readonly number[]) => Value, readonly number[]> =
  callable(definition, (x: Value, permutation?: readonly number[]) => {
    const rank = x.shape.length;
    const reversed = x.shape.map((_, axis) => rank - 1 - axis);
    const order = permutation?.map((axis) => normalizeAxis("transpose", axis, rank)) ?? reversed;
    if (order.length !== rank || new Set(order).size !== rank)
      throw new ShapeError(
        `transpose: the permutation (${order.join(", ")}) must name each axis of a tensor of rank ${rank} once`,
      );
    return order.every((axis, i) => axis === i) ? x : op(x, order);
  });
