import { expect, test } from "vitest";
import { binary } from "../../kernel/build-expression.ts";
import { axisIndex } from "../../kernel/index-expression.ts";
import { type Elements, interpretNest } from "../../kernel/interpret.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { verifyNest } from "../../kernel/verify.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { compactNest } from "./merge-nests.ts";
import { reshapeElementwise } from "./reshape-elementwise.ts";

const tensor = (name: string, shape: Shape): Buffer => ({ name, dtype: "float32", shape });

/** x * bias over images, the bias along the given dimensions. */
function scaled(shape: Shape, along: readonly number[]): { nest: Nest; buffers: readonly Buffer[] } {
  const nest = new NestBuilder("scaled");
  const axes = shape.map((size, at) => axisIndex(nest.space(`axis${at}`, size)));
  const [x, y] = [tensor("x", shape), tensor("y", shape)];
  const bias = tensor(
    "bias",
    along.map((dimension) => shape[dimension]!),
  );
  const own = nest.load(
    bias,
    along.map((dimension) => axes[dimension]!),
  );
  nest.store(y, axes, binary("mul", nest.load(x, axes), own));
  return { nest: nest.build(), buffers: [x, bias, y] };
}

function run(nest: Nest, [x, bias, y]: readonly Buffer[]): number[] {
  verifyNest(nest);
  const counting = (buffer: Buffer): Elements =>
    Float32Array.from({ length: sizeOf(buffer.shape) }, (_, at) => at + 1);
  const memory = new Map([x!, bias!, y!].map((buffer) => [buffer, counting(buffer)]));
  interpretNest(nest, (buffer) => memory.get(storageOf(buffer))!);
  return [...memory.get(y!)!];
}

const cases: readonly (readonly [from: Shape, along: readonly number[], to: Shape, isPossible: boolean])[] = [
  [[2, 6, 4, 3], [3], [4, 3, 4, 3], true],
  [[2, 6, 4, 3], [2, 3], [4, 3, 4, 3], true],
  [[2, 6, 1, 4, 3], [3, 4], [4, 3, 4, 1, 3], true],
  [[2, 6, 4, 3], [], [144], true],
  [[2, 6, 4, 3], [1], [4, 3, 4, 3], false],
  [[2, 6, 4, 3], [3], [2, 72], false],
  [[3, 3, 3], [0], [9, 3], false],
];

test.each(cases)("images %j with a factor along %j, as %j: %s", (from, along, to, isPossible) => {
  const { nest, buffers } = scaled(from, along);
  const reshaped = reshapeElementwise(nest, to, []);
  expect(reshaped !== undefined).toBe(isPossible);
  if (reshaped === undefined) return;
  expect(reshaped.axes.map(({ size }) => size)).toEqual(to);
  expect(run(compactNest(reshaped), buffers)).toEqual(run(nest, buffers));
});
