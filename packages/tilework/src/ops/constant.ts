import { defineOp, type OpDefinition } from "../graph/define-op.ts";
import type { Value } from "../graph/value.ts";
import { binary, compare, convert, i32, position } from "../kernel/build-expression.ts";
import type { Expression } from "../kernel/expression.ts";
import { axisIndex, constantIndex, type Index, tableIndex } from "../kernel/index-expression.ts";
import type { Buffer } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import type { Dtype } from "../tensor/dtype.ts";
import { formatShape, type Shape, sizeOf } from "../tensor/shape.ts";
import { ShapeError } from "../util/errors.ts";
import { type Callable, callable } from "./callable.ts";
import { storeElement } from "./lower-elementwise.ts";

export interface ConstantAttributes {
  readonly data: readonly number[];
  readonly shape: Shape;
  readonly dtype: Dtype;
}

const definition: OpDefinition<ConstantAttributes> = {
  name: "constant",
  infer: (_, { data, shape, dtype }) => {
    if (data.length !== sizeOf(shape))
      throw new ShapeError(
        `constant: ${data.length} elements do not fit ${formatShape(shape)} (${sizeOf(shape)} elements)`,
      );
    return [{ shape, dtype }];
  },
  gradient: () => [],
  lower: ({ outputs: [y], attributes, emit }) => {
    const nest = new NestBuilder("constant");
    const size = attributes.data.length;
    const flat: Buffer = { name: y!.name, dtype: y!.dtype, shape: [size], viewOf: y! };
    const axis = size === 1 ? undefined : nest.space("d0", size);
    const place = axis === undefined ? constantIndex(0) : axisIndex(axis);
    storeElement(nest, flat, [place], elementsOf(attributes, axis));
    emit(nest.build());
  },
  reference: (_, { data }) => [Float64Array.from(data)],
};

const op = defineOp<[], ConstantAttributes>(definition);

/** A few numbers that stand in the program itself. Large arrays should be inputs or variables. */
export const constant: Callable<
  (data: readonly number[], shape: Shape, dtype?: Dtype) => Value,
  ConstantAttributes
> = callable(definition, (data: readonly number[], shape: Shape, dtype: Dtype = "float32") =>
  op({ data, shape, dtype }),
);

/** The elements as a table of their bits in two halves, because index arithmetic has only 31 bits. */
function elementsOf({ data, dtype }: ConstantAttributes, axis: number | undefined): Expression {
  const bits = Array.from(dtype === "float32" ? new Int32Array(Float32Array.from(data).buffer) : data);
  const entry = (table: number[]): Index =>
    axis === undefined ? constantIndex(table[0]!) : tableIndex(axis, table);
  const high = position(entry(bits.map((word) => word >>> 16)));
  const low = position(entry(bits.map((word) => word & 0xffff)));
  const word = binary("or", binary("shl", high, i32(16)), low);
  if (dtype === "float32") return convert("f32FromBits", word);
  return dtype === "bool" ? compare("ne", word, i32(0)) : word;
}
