import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { convert, position } from "../../kernel/build-expression.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { type Callable, callable } from "../callable.ts";
import { lowerElementwise } from "../lower-elementwise.ts";
import { forEachPlace } from "../reference-elementwise.ts";
import { normalizeAxis } from "../shape-rules.ts";

export interface IotaAttributes {
  readonly shape: Shape;
  readonly axis: number;
  readonly dtype: Extract<Dtype, "float32" | "int32">;
}

const definition: OpDefinition<IotaAttributes> = {
  name: "iota",
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
  gradient: () => [],
  lower: (context) =>
    lowerElementwise("iota", context, (_, place) => {
      const { axis, dtype } = context.attributes;
      const value = position(place[axis]!);
      return dtype === "float32" ? convert("f32FromI32", value) : value;
    }),
  reference: (_, { shape, axis }) => {
    const result = new Float64Array(sizeOf(shape));
    forEachPlace(shape, (place, flat) => {
      result[flat] = place[axis]!;
    });
    return [result];
  },
};

const op = defineOp<[], IotaAttributes>(definition);

/** Each element is its own position along `axis`. int32 where no dtype is given. */
export const iota: Callable<
  (shape: Shape, axis: number, dtype?: IotaAttributes["dtype"]) => Value,
  IotaAttributes
> = callable(definition, (shape: Shape, axis: number, dtype: IotaAttributes["dtype"] = "int32") =>
  op({ shape, axis: normalizeAxis("iota", axis, shape.length), dtype }),
);
