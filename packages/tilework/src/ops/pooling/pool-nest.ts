/**
 * Pooling windows as nest indices: forward over the pixels of a window, backward (always a gather) over the windows
 * that read a pixel, in ascending order.
 *
 * The winner code of a max is its row-major place in the window; for adaptive windows, which differ in size, it is
 * the row-major place of the pixel in the image.
 *
 * Where windows overlap, a nest has two levels: the inner one folds a window's rows, the outer one these results, which
 * neighbouring windows share.
 */
import { addIndex, axisIndex, constantIndex, type Index, scaleIndex } from "../../kernel/index-expression.ts";
import type { NestBuilder } from "../../kernel/nest-builder.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { sizeOf, stridesOf } from "../../tensor/shape.ts";
import { extremesOf } from "../../util/extremes.ts";
import type { Window } from "../convolution/window.ts";
import {
  guardWithin,
  type InputAxis,
  inputAxes,
  inputPosition,
  readingTaps,
  type SizedAxis,
  staysWithin,
  valuesIndex,
} from "../convolution/window-taps.ts";
import { type PoolGeometry, type Span, windowSizes } from "./pool-geometry.ts";

const largestByteCode = 255;

/** One byte where the window is small enough. */
export function codeDtype(geometry: PoolGeometry): Dtype {
  const small = geometry.windows !== undefined && sizeOf(windowSizes(geometry)) <= largestByteCode;
  return small ? "uint8" : "int32";
}

/** The sizes within which codes are row-major numbers. */
function codeSizes(geometry: PoolGeometry): readonly number[] {
  return geometry.windows === undefined ? geometry.inputSizes : windowSizes(geometry);
}

function rowMajor(places: readonly Index[], sizes: readonly number[]): Index {
  const strides = stridesOf(sizes);
  return addIndex(...places.map((place, axis) => scaleIndex(place, strides[axis]!)));
}

export interface WindowReading {
  /** The pixel's place. */
  readonly pixel: readonly Index[];
  /** Its winner code, without the part of the outer level where there is one. */
  readonly code: Index;
  /** What the outer level adds to the code; undefined where there is one level. */
  readonly outerCode: Index | undefined;
}

/**
 * Declares the reduction axes over each window's pixels, that of `outer` in an outer level; gives the input position
 * and its winner code, within the whole pooling where this is a pass of it along one axis.
 */
export function readWindow(
  nest: NestBuilder,
  geometry: PoolGeometry,
  outputs: readonly number[],
  { outer, whole = geometry }: { readonly outer?: number | undefined; readonly whole?: PoolGeometry } = {},
): WindowReading {
  const { windows, inputSizes, spans } = geometry;
  const taps = windowSizes(geometry).map((size, axis) =>
    axis === outer ? nest.outerReduction(`tap${axis}`, size) : nest.reduction(`tap${axis}`, size),
  );
  const pixel = taps.map((tap, axis) => {
    const window = windows?.[axis];
    return window === undefined
      ? adaptivePosition(nest, spans[axis]!, outputs[axis]!, tap)
      : inputPosition(nest, window, inputSizes[axis]!, outputs[axis]!, tap);
  });
  const places = windows === undefined ? pixel : taps.map((tap) => axisIndex(tap));
  const code = (level: "inner" | "outer"): Index => {
    const own = places.map((place, axis) =>
      (level === "outer") === (axis === outer) ? place : constantIndex(0),
    );
    return rowMajor(own, codeSizes(whole));
  };
  return { pixel, code: code("inner"), outerCode: outer === undefined ? undefined : code("outer") };
}

function adaptivePosition(nest: NestBuilder, spans: readonly Span[], output: number, tap: number): Index {
  const lengths = spans.map(({ start, end }) => end - start);
  const longest = extremesOf(lengths).max;
  const remaining = addIndex(valuesIndex(output, lengths), axisIndex(tap, -1, -1));
  guardWithin(nest, remaining, longest, [
    { axis: output, size: spans.length },
    { axis: tap, size: longest },
  ]);
  const start = valuesIndex(
    output,
    spans.map((span) => span.start),
  );
  return addIndex(start, axisIndex(tap));
}

/** The input pixel that a backward nest computes, and what reads it. */
export interface PooledPixel {
  /** The pixel's place. */
  readonly position: readonly Index[];
  /**
   * Declares the reduction axes over the windows that read the pixel, one of them in an outer level where that is
   * asked for; call it when all space axes are declared.
   */
  readers(outer?: number): Readers;
}

export interface Readers {
  /** The window that reads the pixel. */
  readonly output: readonly Index[];
  /** The code with which that window names the pixel. */
  readonly code: Index;
  /**
   * Every pixel has just one reader, so there is nothing to reduce; loads at `output` need this fill where that
   * window lies outside.
   */
  readonly fill: number | undefined;
  readonly reduces: boolean;
}

/** Declares the space axes of a nest over input pixels. */
export function pooledPixel(nest: NestBuilder, geometry: PoolGeometry): PooledPixel {
  const { windows, inputSizes } = geometry;
  if (windows !== undefined) {
    const inputs = inputAxes(nest, { windows, inputSizes });
    return {
      position: inputs.map(({ position }) => position),
      readers: (outer) =>
        inputs.every(({ readOnce }) => readOnce)
          ? onlyReader(inputs, windows, geometry)
          : stridedReaders(nest, inputs, geometry, outer),
    };
  }
  const axes = inputSizes.map((size, axis) => nest.space(`input${axis}`, size));
  return {
    position: axes.map((axis) => axisIndex(axis)),
    readers: () => adaptiveReaders(nest, axes, geometry),
  };
}

function onlyReader(
  inputs: readonly InputAxis[],
  windows: readonly Window[],
  geometry: PoolGeometry,
): Readers {
  const output = inputs.map((input) => input.output(undefined));
  const inside = inputs.every(({ axes }, axis) =>
    staysWithin(output[axis]!, geometry.outputSizes[axis]!, axes),
  );
  const flipped = inputs.map((input) => input.flippedTap(undefined));
  return { output, code: unflip(flipped, windows, geometry), fill: inside ? undefined : 0, reduces: false };
}

function stridedReaders(
  nest: NestBuilder,
  inputs: readonly InputAxis[],
  geometry: PoolGeometry,
  outer: number | undefined,
): Readers {
  const windows = geometry.windows!;
  const { outputSizes } = geometry;
  const { outputs, flippedTaps } = readingTaps(nest, inputs, { windows, outputSizes, outer });
  return { output: outputs, code: unflip(flippedTaps, windows, geometry), fill: undefined, reduces: true };
}

function unflip(flipped: readonly Index[], windows: readonly Window[], geometry: PoolGeometry): Index {
  const taps = flipped.map((index, axis) =>
    addIndex(constantIndex(windows[axis]!.size - 1), scaleIndex(index, -1)),
  );
  return rowMajor(taps, codeSizes(geometry));
}

function adaptiveReaders(nest: NestBuilder, axes: readonly number[], geometry: PoolGeometry): Readers {
  const { inputSizes, spans } = geometry;
  const output = axes.map((axis, dimension) => {
    const reads = readersOf(spans[dimension]!, inputSizes[dimension]!);
    const counts = reads.map(({ start, end }) => end - start);
    const most = extremesOf(counts).max;
    const reader: SizedAxis = { axis: nest.reduction(`reader${dimension}`, most), size: most };
    const remaining = addIndex(valuesIndex(axis, counts), axisIndex(reader.axis, -1, -1));
    guardWithin(nest, remaining, most, [{ axis, size: inputSizes[dimension]! }, reader]);
    const first = valuesIndex(
      axis,
      reads.map(({ start }) => start),
    );
    return addIndex(first, axisIndex(reader.axis));
  });
  const position = axes.map((axis) => axisIndex(axis));
  return { output, code: rowMajor(position, inputSizes), fill: undefined, reduces: true };
}

/** For each pixel the windows that read it: a run, since adaptive windows start and end in ascending order. */
function readersOf(spans: readonly Span[], inputSize: number): Span[] {
  return Array.from({ length: inputSize }, (_, pixel) => {
    const start = spans.findIndex(({ end }) => end > pixel);
    const after = spans.findIndex((span) => span.start > pixel);
    return { start, end: after < 0 ? spans.length : after };
  });
}
