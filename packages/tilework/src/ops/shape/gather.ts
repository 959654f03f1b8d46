/** Rows by index, and the sum of rows by index, which are each other's gradient. */
import { defineOp, type Op } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { compare, f32, i32, max, min, position, select } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { axisIndex, constantIndex, type Index } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { formatShape, sameShape, sizeOf } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { requireDtype, requireRank } from "../shape-rules.ts";

const gatherOp: Op<[x: Value, indices: Value], undefined> = defineOp({
  name: "gather",
  infer: ([x, indices]) => {
    requireRank("gather", x!, 1);
    requireDtype("gather", indices!, ["int32", "uint8"], "index");
    return [{ shape: [...indices!.shape, ...x!.shape.slice(1)], dtype: x!.dtype }];
  },
  gradient: ({ inputs: [x, indices], upstream: [upstream] }) => [
    sumRows(upstream!, indices!, x!.shape[0]!),
    undefined,
  ],
  lower: ({ inputs: [x, indices], outputs: [y], emit }) => {
    const nest = new NestBuilder("gather");
    const place = spaceOver(nest, y!.shape);
    const rank = indices!.shape.length;
    const row = nest.load(indices!, place.slice(0, rank));
    nest.store(y!, place, nest.load(x!, [{ dynamic: row }, ...place.slice(rank)]));
    emit(nest.build());
  },
  reference: ([x, indices]) => {
    const rows = x!.shape[0]!;
    const width = sizeOf(x!.shape.slice(1));
    const result = new Float64Array(indices!.data.length * width);
    indices!.data.forEach((index, i) => {
      const row = clamp(index, rows);
      result.set(x!.data.subarray(row * width, (row + 1) * width), i * width);
    });
    return [result];
  },
});

const sumRowsOp: Op<[x: Value, indices: Value], number> = defineOp({
  name: "sumRows",
  infer: ([x, indices], rows) => {
    requireDtype("sumRows", x!, ["float32"]);
    requireDtype("sumRows", indices!, ["int32", "uint8"], "index");
    const rank = indices!.shape.length;
    if (!sameShape(x!.shape.slice(0, rank), indices!.shape))
      throw new ShapeError(
        `sumRows: the rows have shape ${formatShape(x!.shape)}, which must begin with the indices' shape ` +
          formatShape(indices!.shape),
      );
    return [{ shape: [rows, ...x!.shape.slice(rank)], dtype: x!.dtype }];
  },
  gradient: ({ inputs: [, indices], upstream: [upstream] }) => [gather(upstream!, indices!), undefined],
  lower: ({ inputs: [x, indices], outputs: [y], attributes: rows, emit }) => {
    const nest = new NestBuilder("sumRows");
    const place = spaceOver(nest, y!.shape);
    const from: Index[] = indices!.shape.map((size, axis) =>
      size === 1 ? constantIndex(0) : axisIndex(nest.reduction(`k${axis}`, size)),
    );
    const index = clampTo(nest.load(indices!, from), rows);
    const row = nest.load(x!, [...from, ...place.slice(1)]);
    const value = select(compare("eq", index, position(place[0]!)), row, f32(0));
    const single = from.every((at) => at.terms.length === 0);
    nest.store(y!, place, single ? value : nest.reduce([{ op: "add", value }])[0]!);
    emit(nest.build());
  },
  reference: ([x, indices], rows) => {
    const width = sizeOf(x!.shape.slice(indices!.shape.length));
    const result = new Float64Array(rows * width);
    indices!.data.forEach((index, i) => {
      const row = clamp(index, rows) * width;
      for (let j = 0; j < width; j++) result[row + j]! += x!.data[i * width + j]!;
    });
    return [result];
  },
});

/** x's rows (along axis 0) at the indices: the indices' shape, then a row's. Indices are clamped into range. */
export const gather: Callable<(x: Value, indices: Value) => Value, undefined> = callable(
  gatherOp.definition,
  (x: Value, indices: Value) => gatherOp(x, indices, undefined),
);

/** `rows` rows, each the sum of those rows of x whose index (clamped into range) names it. */
export const sumRows: Callable<(x: Value, indices: Value, rows: number) => Value, number> = callable(
  sumRowsOp.definition,
  (x: Value, indices: Value, rows: number) => sumRowsOp(x, indices, rows),
);

function clamp(index: number, rows: number): number {
  return Math.max(0, Math.min(rows - 1, index));
}

function clampTo(index: Expression, rows: number): Expression {
  return max(min(index, i32(rows - 1)), i32(0));
}
