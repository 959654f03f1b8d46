/**
 * Elementwise nests: one space axis for each axis of the result that is longer than 1, outermost first; every
 * input is read at the same place, and at 0 along axes that it broadcasts.
 */
import type { LowerContext } from "../graph/define-op.ts";
import { compare, i32, select } from "../kernel/build-expression.ts";
import type { Expression, LoadIndex } from "../kernel/expression.ts";
import { axisIndex, constantIndex, type Index } from "../kernel/index-expression.ts";
import type { Buffer } from "../kernel/nest.ts";
import { NestBuilder } from "../kernel/nest-builder.ts";
import type { Shape } from "../tensor/shape.ts";

/** Declares a space axis for each axis longer than 1; gives one index an axis. */
export function spaceOver(nest: NestBuilder, shape: Shape): Index[] {
  return shape.map((size, axis) => (size === 1 ? constantIndex(0) : axisIndex(nest.space(`d${axis}`, size))));
}

/** The place in a tensor of `shape` that broadcasts to the place `index` of the result. */
export function broadcastIndex(shape: Shape, index: readonly Index[]): Index[] {
  const shift = index.length - shape.length;
  return shape.map((size, axis) => (size === 1 ? constantIndex(0) : index[axis + shift]!));
}

/** Loads an element as ops compute with it: bool as a mask, integers as i32. */
export function loadElement(
  nest: NestBuilder,
  buffer: Buffer,
  index: readonly LoadIndex[],
  fill?: number,
): Expression {
  const element = nest.load(buffer, index, fill);
  return buffer.dtype === "bool" ? compare("ne", element, i32(0)) : element;
}

/** Stores an element that ops computed: masks become 0 or 1. */
export function storeElement(
  nest: NestBuilder,
  buffer: Buffer,
  index: readonly Index[],
  value: Expression,
): void {
  nest.store(buffer, index, buffer.dtype === "bool" ? select(value, i32(1), i32(0)) : value);
}

/** Emits the nest of a one-result op whose element depends on the inputs' elements at the same place alone. */
export function lowerElementwise<A>(
  name: string,
  context: LowerContext<A>,
  compute: (elements: Expression[], place: readonly Index[]) => Expression,
): void {
  const nest = new NestBuilder(name);
  const output = context.outputs[0]!;
  const place = spaceOver(nest, output.shape);
  const elements = context.inputs.map((input) =>
    loadElement(nest, input, broadcastIndex(input.shape, place)),
  );
  storeElement(nest, output, place, compute(elements, place));
  context.emit(nest.build());
}
