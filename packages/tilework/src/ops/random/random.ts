/**
 * Random tensors as pure functions of a seed (int32[2], usually fed or counted per step), a salt that tells apart
 * the places of a program that draw with the same seed, and the element's row-major position. They are the same on
 * every device, and for any number of threads.
 */
import { defineOp, type LowerContext, type OpDefinition } from "../../graph/define-op.ts";
import type { TensorType, Value } from "../../graph/value.ts";
import { binary, convert, f32, i32, mul, position } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { addIndex, constantIndex, scaleIndex } from "../../kernel/index-expression.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { less } from "../binary/comparison.ts";
import { multiply } from "../binary/multiply.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { cast } from "../unary/cast.ts";
import { hostWords, threefry, type Words } from "./threefry.ts";

export interface RandomAttributes {
  readonly shape: Shape;
  readonly salt: number;
}

const bitsDefinition: OpDefinition<RandomAttributes> = {
  name: "randomBits",
  infer: ([seed], { shape }) => [{ shape: checkSeed(seed!, shape), dtype: "int32" }],
  lower: (context) => lowerRandom(context, "randomBits", (bits) => bits),
  reference: ([seed], attributes) => [referenceBits(seed!.data, attributes)],
};

const uniformDefinition: OpDefinition<RandomAttributes> = {
  name: "randomUniform",
  infer: ([seed], { shape }) => [{ shape: checkSeed(seed!, shape), dtype: "float32" }],
  gradient: () => [undefined],
  lower: (context) =>
    lowerRandom(context, "randomUniform", (bits) =>
      mul(convert("f32FromI32", binary("shrU", bits, i32(8))), f32(2 ** -24)),
    ),
  reference: ([seed], attributes) => [
    referenceBits(seed!.data, attributes).map((bits) => (bits >>> 8) * 2 ** -24),
  ],
};

const bitsOp = defineOp<[seed: Value], RandomAttributes>(bitsDefinition);
const uniformOp = defineOp<[seed: Value], RandomAttributes>(uniformDefinition);

/** Random int32 words, all 32 bits of them uniform. */
export const randomBits: Callable<(seed: Value, shape: Shape, salt: number) => Value, RandomAttributes> =
  callable(bitsDefinition, (seed: Value, shape: Shape, salt: number) => bitsOp(seed, { shape, salt }));

/** float32, uniform in [0, 1): multiples of 2^-24. */
export const randomUniform: Callable<(seed: Value, shape: Shape, salt: number) => Value, RandomAttributes> =
  callable(uniformDefinition, (seed: Value, shape: Shape, salt: number) => uniformOp(seed, { shape, salt }));

/** 0 with probability `rate`, else 1 / (1 - rate): what dropout multiplies by. `rate` lies in [0, 1). */
export function dropoutMask(seed: Value, shape: Shape, rate: number, salt: number): Value {
  if (!(rate >= 0 && rate < 1))
    throw new ArgumentError("rate", `dropoutMask: rate must be in [0, 1), not ${rate}`);
  const keep = less(randomUniform(seed, shape, salt), Math.fround(1 - rate));
  return multiply(cast(keep, "float32"), 1 / (1 - rate));
}

const expressionWords: Words<Expression> = {
  word: i32,
  add: (x, y) => binary("add", x, y),
  xor: (x, y) => binary("xor", x, y),
  rotateLeft: (x, count) => binary("or", binary("shl", x, i32(count)), binary("shrU", x, i32(32 - count))),
};

function lowerRandom(
  { inputs, outputs, attributes, emit }: LowerContext<RandomAttributes>,
  name: string,
  finish: (bits: Expression) => Expression,
): void {
  const nest = new NestBuilder(name);
  const place = spaceOver(nest, attributes.shape);
  const strides = stridesOf(attributes.shape);
  const flat = addIndex(...place.map((at, axis) => scaleIndex(at, strides[axis]!)));
  const key = [0, 1].map((i) => nest.load(inputs[0]!, [constantIndex(i)])) as [Expression, Expression];
  const [bits] = threefry(expressionWords, key, [position(flat), i32(attributes.salt)]);
  nest.store(outputs[0]!, place, finish(bits));
  emit(nest.build());
}

function referenceBits(seed: Float64Array, { shape, salt }: RandomAttributes): Float64Array {
  const key = [seed[0]! | 0, seed[1]! | 0] as const;
  return Float64Array.from(
    { length: sizeOf(shape) },
    (_, flat) => threefry(hostWords, key, [flat, salt | 0])[0],
  );
}

function checkSeed(seed: TensorType, shape: Shape): Shape {
  if (seed.dtype === "int32" && seed.shape.length === 1 && seed.shape[0] === 2) return shape;
  throw new ShapeError(`random: the seed must be int32 (2,), not ${seed.dtype} ${formatShape(seed.shape)}`);
}
