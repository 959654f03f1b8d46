import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { addIndex, constantIndex, type Index, tableIndex } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { forEachPlace } from "../reference-elementwise.ts";
import { slice } from "./slice.ts";

/** One entry an axis. */
export interface SpreadAttributes {
  readonly shape: Shape;
  readonly begin: readonly number[];
  readonly strides: readonly number[];
  /** What stands where nothing was put. */
  readonly value: number;
}

const definition: OpDefinition<SpreadAttributes> = {
  name: "spread",
  infer: ([x], attributes) => {
    checkSpread(x!.shape, attributes);
    return [{ shape: attributes.shape, dtype: x!.dtype }];
  },
  gradient: ({ inputs: [x], upstream: [upstream], attributes: { begin, strides } }) => [
    slice(upstream!, begin, x!.shape, strides),
  ],
  lower: ({ inputs: [x], outputs: [y], attributes, emit }) => {
    const nest = new NestBuilder("spread");
    const place = spaceOver(nest, y!.shape);
    const index = x!.shape.map((size, axis) => sourceIndex(place[axis]!, size, axis, attributes));
    nest.store(y!, place, nest.load(x!, index, attributes.value));
    emit(nest.build());
  },
  reference: ([x], { shape, begin, strides, value }) => {
    const steps = stridesOf(shape);
    const result = new Float64Array(sizeOf(shape)).fill(value);
    forEachPlace(x!.shape, (place, flat) => {
      const to = place.reduce(
        (sum, at, axis) => sum + (begin[axis]! + at * strides[axis]!) * steps[axis]!,
        0,
      );
      result[to] = x!.data[flat]!;
    });
    return [result];
  },
};

/** Where along x an element of the result comes from; outside of x where nothing was put. */
function sourceIndex(
  at: Index,
  size: number,
  axis: number,
  { shape, begin, strides }: SpreadAttributes,
): Index {
  const [first, stride] = [begin[axis]!, strides[axis]!];
  const only = at.terms[0];
  if (only === undefined || stride === 1) return addIndex(at, constantIndex(-first));
  const table = Array.from({ length: shape[axis]! }, (_, to) => {
    const from = (to - first) / stride;
    return Number.isInteger(from) && from >= 0 && from < size ? from : -1;
  });
  return tableIndex(only.axis, table);
}

const op = defineOp<[x: Value], SpreadAttributes>(definition);

/** x's elements put into a tensor of `shape` at begin, begin + stride, …; `value` (0) elsewhere. Undoes `slice`. */
export const spread: Callable<
  (x: Value, where: Omit<SpreadAttributes, "value"> & { readonly value?: number }) => Value,
  SpreadAttributes
> = callable(definition, (x: Value, where: Omit<SpreadAttributes, "value"> & { readonly value?: number }) =>
  op(x, { value: 0, ...where }),
);

/** x with `before` and `after` elements of `value` (0) added along each axis. */
export function pad(x: Value, before: readonly number[], after: readonly number[], value = 0): Value {
  const entries = [...before, ...after];
  if (before.length !== x.shape.length || after.length !== x.shape.length)
    throw new ShapeError(`pad: before and after need one entry for each axis of ${formatShape(x.shape)}`);
  if (entries.some((count) => !Number.isInteger(count) || count < 0))
    throw new ShapeError(`pad: paddings must be whole numbers from 0 on, not (${entries.join(", ")})`);
  if (entries.every((count) => count === 0)) return x;
  const shape = x.shape.map((size, axis) => before[axis]! + size + after[axis]!);
  return spread(x, { shape, begin: before, strides: x.shape.map(() => 1), value });
}

function checkSpread(from: Shape, { shape, begin, strides }: SpreadAttributes): void {
  if ([shape, begin, strides].some((list) => list.length !== from.length))
    throw new ShapeError(
      `spread: shape, begin and strides need one entry for each axis of ${formatShape(from)}`,
    );
  for (const [axis, size] of from.entries())
    if (begin[axis]! < 0 || strides[axis]! < 1 || begin[axis]! + (size - 1) * strides[axis]! >= shape[axis]!)
      throw new ShapeError(
        `spread: ${size} elements from ${begin[axis]} on with stride ${strides[axis]} do not fit into axis ${axis} of ` +
          formatShape(shape),
      );
}
