import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import { requireValue } from "../../graph/is-value.ts";
import type { Value } from "../../graph/value.ts";
import { position } from "../../kernel/build-expression.ts";
import { axisIndex, type Index } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf, stridesOf } from "../../tensor/shape.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { forEachPlace } from "../reference-elementwise.ts";
import { normalizeAxis, requireDtype } from "../shape-rules.ts";

const definition: OpDefinition<number> = {
  name: "argmax",
  infer: ([x], axis) => {
    requireDtype("argmax", x!, ["float32"]);
    return [{ shape: x!.shape.toSpliced(axis, 1), dtype: "int32" }];
  },
  lower: ({ inputs: [x], outputs: [y], attributes: axis, emit }) => {
    const nest = new NestBuilder("argmax");
    const kept = spaceOver(nest, y!.shape);
    const along = axisIndex(nest.reduction("k", x!.shape[axis]!));
    const index: Index[] = kept.toSpliced(axis, 0, along);
    const [, at] = nest.reduce([{ op: "argmax", value: nest.load(x!, index), position: position(along) }]);
    nest.store(y!, kept, at!);
    emit(nest.build());
  },
  reference: ([x], axis) => {
    const size = x!.shape[axis]!;
    const stride = stridesOf(x!.shape)[axis]!;
    const kept = x!.shape.toSpliced(axis, 1);
    const result = new Float64Array(sizeOf(kept));
    const starts = stridesOf(x!.shape).toSpliced(axis, 1);
    forEachPlace(kept, (place, flat) => {
      const start = place.reduce((sum, at, i) => sum + at * starts[i]!, 0);
      result[flat] = firstLargest(size, (k) => x!.data[start + k * stride]!);
    });
    return [result];
  },
};

const op = defineOp<[x: Value], number>(definition);

/** The position (int32) of the first largest element along an axis, which goes; the first NaN, if there is one. */
export const argmax: Callable<(x: Value, axis?: number) => Value, number> = callable(
  definition,
  (x: Value, axis = -1) => {
    requireValue("argmax", x);
    return op(x, normalizeAxis("argmax", axis, x.shape.length));
  },
);

function firstLargest(size: number, element: (k: number) => number): number {
  let best = 0;
  for (let k = 1; k < size; k++) {
    if (Number.isNaN(element(best))) return best;
    if (element(k) > element(best) || Number.isNaN(element(k))) best = k;
  }
  return best;
}
