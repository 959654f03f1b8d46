import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { compare, f32, position, select } from "../../kernel/build-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { requireDtype } from "../shape-rules.ts";

const definition: OpDefinition<number> = {
  name: "oneHot",
  infer: ([indices], classes) => {
    requireDtype("oneHot", indices!, ["int32", "uint8"], "index");
    if (!Number.isInteger(classes) || classes < 1)
      throw new ShapeError(`oneHot: the number of classes must be a whole number from 1 on, not ${classes}`);
    return [{ shape: [...indices!.shape, classes], dtype: "float32" }];
  },
  lower: ({ inputs: [indices], outputs: [y], emit }) => {
    const nest = new NestBuilder("oneHot");
    const place = spaceOver(nest, y!.shape);
    const hot = compare("eq", nest.load(indices!, place.slice(0, -1)), position(place[place.length - 1]!));
    nest.store(y!, place, select(hot, f32(1), f32(0)));
    emit(nest.build());
  },
  reference: ([indices], classes) => {
    const result = new Float64Array(sizeOf(indices!.shape) * classes);
    indices!.data.forEach((index, row) => {
      if (index >= 0 && index < classes) result[row * classes + index] = 1;
    });
    return [result];
  },
};

const op = defineOp<[indices: Value], number>(definition);

/** A row (float32) with a 1 at the index and 0 elsewhere, for each index; all 0 for an index out of range. */
export const oneHot: Callable<(indices: Value, classes: number) => Value, number> = callable(
  definition,
  (indices: Value, classes: number) => op(indices, classes),
);
