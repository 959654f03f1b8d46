import { applyOp, type LowerContext, type OpDefinition, type ReferenceArray } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { add, binary, compare, i32, mul, position, select } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { axisIndex, type Index } from "../../kernel/index-expression.ts";
import type { Buffer, Nest } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Callable, callable } from "../callable.ts";
import { checkImage, spatialSizes } from "../convolution/convolution-shapes.ts";
import { forEachReading } from "./each-reading.ts";
import { maxPoolBackward } from "./max-pool-backward.ts";
import {
  type Pool,
  type PoolGeometry,
  type PoolOptions,
  pooledShape,
  poolGeometry,
  readShape,
  sharingAxis,
} from "./pool-geometry.ts";
import { codeDtype, readWindow, type WindowReading } from "./pool-nest.ts";
import { type RowsFirst, rowsFirst } from "./rows-first.ts";
import { separateAxes } from "./separate-axes.ts";
import { type PixelRows, pixelRows, WholeImages } from "./whole-images.ts";

const name = "maxPool";

export interface MaxPoolAttributes {
  readonly pool: Pool;
  /** Also give the winners' codes, which the gradient needs (see pool-nest.ts). */
  readonly codes: boolean;
}

/** The largest pixel of each window, and with `codes` which one it was: the first in row-major order wins. */
export const maxPoolDefinition: OpDefinition<MaxPoolAttributes> = {
  name,
  selectsLargest: true,
  reads: ({ shape }, { pool }) => readShape(name, shape, pool),
  infer: ([x], { pool, codes }) => {
    checkImage(name, "x", x!);
    const geometry = poolGeometry(name, x!.shape, pool);
    const shape = pooledShape(geometry);
    return codes
      ? [
          { shape, dtype: "float32" },
          { shape, dtype: codeDtype(geometry) },
        ]
      : [{ shape, dtype: "float32" }];
  },
  gradient: ({ inputs, outputs, attributes, upstream: [upstream] }) => {
    if (upstream === undefined) return [undefined];
    const codes = outputs[1] ?? applyOp(maxPoolDefinition, inputs, { ...attributes, codes: true })[1]!;
    return [
      maxPoolBackward(codes, upstream, { pool: attributes.pool, inputSizes: spatialSizes(inputs[0]!.shape) }),
    ];
  },
  lower,
  reference,
};

/**
 * The largest pixel of each window, channel by channel: `[batch, …spatial, channels]` to `[batch, …outputs,
 * channels]`. Padding never wins; a NaN does. The gradient goes to the first maximum in row-major order. A program
 * that needs no gradient may say `codes: false`.
 */
export const maxPool: Callable<
  (x: Value, options: PoolOptions & { readonly codes?: boolean }) => Value,
  MaxPoolAttributes
> = callable(
  maxPoolDefinition,
  (x, { codes = true, ...pool }) => applyOp(maxPoolDefinition, [x], { pool, codes })[0]!,
);

function lower(context: LowerContext<MaxPoolAttributes>): void {
  const [values, codes] = context.outputs as [Buffer, Buffer | undefined];
  const whole = poolGeometry(name, context.inputs[0]!.shape, context.attributes.pool);
  const rows = pixelRows(whole);
  if (rows !== undefined) {
    maximaOfRows(context, new WholeImages(whole, rows), rows);
    return;
  }
  const split = rowsFirst(whole);
  if (split !== undefined) {
    maximaRowsFirst(context, split, whole);
    return;
  }
  const passes = separateAxes(whole);
  let read: Maxima = { values: context.inputs[0]!, codes: undefined };
  passes.forEach((pass, at) => {
    const last = at === passes.length - 1;
    const shape = pooledShape(pass);
    const write: Maxima = last
      ? { values, codes }
      : {
          values: context.temporary(`maxima${at}`, shape),
          codes: codes && context.temporary(`codes${at}`, shape, codes.dtype),
        };
    context.emit(passNest(pass, whole, read, write));
    read = write;
  });
}

/** The maxima of whole images: of each pixel of a row over the rows, then over the pixels. */
function maximaOfRows(
  context: LowerContext<MaxPoolAttributes>,
  whole: WholeImages,
  { pixels }: PixelRows,
): void {
  const [values, codes] = context.outputs as [Buffer, Buffer | undefined];
  const maxima = context.temporary("rowMaxima", whole.foldedShape);
  const winners = codes && context.temporary("winners", whole.foldedShape, "int32");
  const first = new NestBuilder(name);
  const { row, from, to } = whole.foldRows(first);
  const value = first.load(whole.asLanes(context.inputs[0]!), from);
  const [largest, winner] = first.reduce([
    winners === undefined ? { op: "max", value } : { op: "argmax", value, position: position(row) },
  ]);
  first.store(whole.asLanes(maxima), to, largest!);
  if (winners !== undefined) first.store(whole.asLanes(winners), to, winner!);
  context.emit(first.build());

  const second = new NestBuilder(name);
  const places = whole.foldPixels(second);
  const each = second.load(maxima, places.from);
  second.store(values, places.to, second.reduce([{ op: "max", value: each }])[0]!);
  context.emit(second.build());
  if (codes !== undefined)
    context.emit(firstOfImage({ values: maxima, codes: winners }, { values, codes }, whole, pixels));
}

/** The first place of the image among the pixels that hold its maximum: the rows of two may stand in any order. */
function firstOfImage(read: Maxima, write: Maxima, whole: WholeImages, pixels: number): Nest {
  const nest = new NestBuilder(name);
  const { pixel, from, to } = whole.foldPixels(nest);
  const code = add(mul(nest.load(read.codes!, from), i32(pixels)), position(pixel));
  return firstWinner(nest, { value: nest.load(read.values, from), code }, write, to);
}

/** The maxima of windows over few channels, by rows and then along them. */
function maximaRowsFirst(
  context: LowerContext<MaxPoolAttributes>,
  { rows, columns }: RowsFirst,
  whole: PoolGeometry,
): void {
  const [values, codes] = context.outputs as [Buffer, Buffer | undefined];
  const shape = pooledShape(rows);
  const above: Maxima = {
    values: context.temporary("maxima0", shape),
    codes: codes && context.temporary("codes0", shape, codes.dtype),
  };
  context.emit(passNest(rows, whole, { values: context.inputs[0]!, codes: undefined }, above));
  context.emit(passNest(columns, whole, { ...above, codes: undefined }, { values, codes: undefined }));
  if (codes !== undefined) context.emit(firstOfColumns(columns, whole, above, { values, codes }));
}

/** The first place of each window among the columns that hold its maximum: the rows of two may stand in any order. */
function firstOfColumns(columns: PoolGeometry, whole: PoolGeometry, read: Maxima, write: Maxima): Nest {
  const nest = new NestBuilder(name);
  const { from, to, code: column } = windowPlaces(nest, columns, whole);
  const row = nest.load(read.codes!, from);
  const code = whole.windows === undefined ? row : add(row, position(column));
  return firstWinner(nest, { value: nest.load(read.values, from), code }, write, to);
}

const latest = 0x7fffffff;

/** Stores the least code among the pixels that hold the maximum, which is there already. */
function firstWinner(
  nest: NestBuilder,
  { value, code }: { readonly value: Expression; readonly code: Expression },
  { values, codes }: Maxima,
  to: readonly Index[],
): Nest {
  const isLargest = compare("eq", value, nest.load(values, to));
  const wins = binary("or", isLargest, compare("ne", value, value));
  const [earliest] = nest.reduce([{ op: "min", value: select(wins, code, i32(latest)) }]);
  nest.store(codes!, to, earliest!);
  return nest.build();
}

/** Values, and in a training program which pixel of the window each one is. */
interface Maxima {
  readonly values: Buffer;
  readonly codes: Buffer | undefined;
}

function passNest(pass: PoolGeometry, whole: PoolGeometry, read: Maxima, write: Maxima): Nest {
  const nest = new NestBuilder(name);
  const { from, to, code, outerCode } = windowPlaces(nest, pass, whole, sharingAxis(pass));
  const value = nest.load(read.values, from);
  const before = read.codes && nest.load(read.codes, from);
  const winner = before === undefined ? position(code) : add(position(code), before);
  const fold = (from: Expression, at: Expression): Expression[] =>
    nest.reduce([
      write.codes === undefined ? { op: "max", value: from } : { op: "argmax", value: from, position: at },
    ]);
  let [largest, chosen] = fold(value, winner);
  if (outerCode !== undefined) {
    const outer = position(outerCode);
    [largest, chosen] = fold(largest!, chosen === undefined ? outer : add(outer, chosen));
  }
  nest.store(write.values, to, largest!);
  if (write.codes !== undefined) nest.store(write.codes, to, chosen!);
  return nest.build();
}

interface WindowPlaces extends Pick<WindowReading, "code" | "outerCode"> {
  /** The pixel's place among the images. */
  readonly from: readonly Index[];
  /** The window's place among the results. */
  readonly to: readonly Index[];
}

/** Declares the axes of a nest over a pass's windows and their pixels, those along `outer` in an outer level. */
function windowPlaces(
  nest: NestBuilder,
  pass: PoolGeometry,
  whole: PoolGeometry,
  outer?: number,
): WindowPlaces {
  const image = axisIndex(nest.space("image", pass.batch));
  const outputs = pass.outputSizes.map((size, axis) => nest.space(`output${axis}`, size));
  const channel = axisIndex(nest.space("channel", pass.channels));
  const { pixel, code, outerCode } = readWindow(nest, pass, outputs, { outer, whole });
  const to = [image, ...outputs.map((axis) => axisIndex(axis)), channel];
  return { from: [image, ...pixel, channel], to, code, outerCode };
}

function reference([x]: readonly ReferenceArray[], { pool, codes }: MaxPoolAttributes): Float64Array[] {
  const geometry = poolGeometry(name, x!.shape, pool);
  const size = sizeOf(pooledShape(geometry));
  const values = new Float64Array(size).fill(-Infinity);
  const winners = new Float64Array(size).fill(-1);
  forEachReading(geometry, (from, to, code) => {
    const value = x!.data[from]!;
    const best = values[to]!;
    const better = value > best || (Number.isNaN(value) && !Number.isNaN(best));
    if (winners[to]! >= 0 && !better) return;
    values[to] = value;
    winners[to] = code;
  });
  return codes ? [values, winners] : [values];
}
