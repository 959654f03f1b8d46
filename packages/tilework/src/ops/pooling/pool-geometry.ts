/**
 * What each window of a pooling op sees. Strided windows slide as a convolution's do; adaptive window i of m over n
 * pixels spans floor(i·n/m) up to ceil((i+1)·n/m). Padding is never a value: only real pixels count.
 */
import type { TensorType } from "../../graph/value.ts";
import { formatShape, type Shape } from "../../tensor/shape.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";
import { extremesOf } from "../../util/extremes.ts";
import { spatialSizes } from "../convolution/convolution-shapes.ts";
import type { Reach } from "../convolution/each-tap.ts";
import { outputSizes, type Padding, type Window, windowsOf } from "../convolution/window.ts";

/** A window that slides, one entry a spatial axis each. */
export interface PoolOptions {
  /** The window's sizes in pixels. */
  readonly window: readonly number[];
  /** Default: the window, so that windows tile the input. */
  readonly strides?: readonly number[];
  /** Default: none. */
  readonly padding?: readonly Padding[];
}

/** Windows that share the input out evenly, one number of windows a spatial axis. */
export interface AdaptivePoolOptions {
  readonly outputSizes: readonly number[];
}

export type Pool = PoolOptions | AdaptivePoolOptions;

/** The real pixels of one window along one axis: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface PoolGeometry {
  readonly batch: number;
  readonly channels: number;
  readonly inputSizes: readonly number[];
  readonly outputSizes: readonly number[];
  /** The sliding windows, one a spatial axis; undefined for adaptive pooling. */
  readonly windows: readonly Window[] | undefined;
  /** `spans[axis][output]` */
  readonly spans: readonly (readonly Span[])[];
}

/** The geometry of pooling an input shape, all checked. */
export function poolGeometry(name: string, inputShape: Shape, pool: Pool): PoolGeometry {
  const inputSizes = spatialSizes(inputShape);
  const shared = { batch: inputShape[0]!, channels: inputShape.at(-1)!, inputSizes };
  if ("outputSizes" in pool) {
    checkAdaptive(name, pool.outputSizes, inputSizes);
    const spans = inputSizes.map((size, axis) => adaptiveSpans(size, pool.outputSizes[axis]!));
    return { ...shared, outputSizes: pool.outputSizes, windows: undefined, spans };
  }
  const windows = windowsOf(name, pool.window, { ...pool, strides: pool.strides ?? pool.window });
  const sizes = outputSizes(name, inputSizes, windows);
  const spans = windows.map((window, axis) => stridedSpans(window, inputSizes[axis]!, sizes[axis]!));
  checkSpans(name, spans, pool);
  return { ...shared, outputSizes: sizes, windows, spans };
}

function stridedSpans({ size, stride, before }: Window, inputSize: number, outputs: number): Span[] {
  return Array.from({ length: outputs }, (_, output) => {
    const start = output * stride - before;
    return { start: Math.max(start, 0), end: Math.min(start + size, inputSize) };
  });
}

function adaptiveSpans(inputSize: number, outputs: number): Span[] {
  return Array.from({ length: outputs }, (_, output) => ({
    start: Math.floor((output * inputSize) / outputs),
    end: Math.ceil(((output + 1) * inputSize) / outputs),
  }));
}

function checkSpans(name: string, spans: readonly (readonly Span[])[], pool: PoolOptions): void {
  if (spans.every((axis) => axis.every(({ start, end }) => start < end))) return;
  throw new ShapeError(
    `${name}: every window must hold a pixel of the input, but a ${pool.window.join("x")} window with padding ` +
      `${JSON.stringify(pool.padding)} lies wholly in the padding; use less padding than the window's size`,
  );
}

function checkAdaptive(name: string, sizes: readonly number[], inputSizes: readonly number[]): void {
  const fits =
    sizes.length === inputSizes.length && sizes.every((size) => Number.isInteger(size) && size >= 1);
  if (!fits)
    throw new ArgumentError(
      "outputSizes",
      `${name}: outputSizes must have ${inputSizes.length} whole number${inputSizes.length === 1 ? "" : "s"} >= 1, one a spatial axis; received ${JSON.stringify(sizes)}`,
    );
  if (inputSizes.some((size) => size < 1))
    throw new ShapeError(`${name}: the input has no pixels, ${inputSizes.join("x")}`);
}

/** The shape of the pooled images. */
export function pooledShape({ batch, outputSizes, channels }: PoolGeometry): number[] {
  return [batch, ...outputSizes, channels];
}

/** What the backward ops know: the pooling, and the spatial sizes of what it pooled. */
export interface UnpoolOptions {
  readonly pool: Pool;
  readonly inputSizes: readonly number[];
}

/** The shape of what was pooled into `shape`. */
export function unpooledShape(shape: Shape, { inputSizes }: UnpoolOptions): number[] {
  return [shape[0]!, ...inputSizes, shape.at(-1)!];
}

/** Refuses upstream gradients or codes that do not have the pooled images' shape. */
export function checkPooled(
  name: string,
  argument: string,
  { shape }: TensorType,
  geometry: PoolGeometry,
): void {
  const expected = pooledShape(geometry);
  if (formatShape(shape) !== formatShape(expected))
    throw new ShapeError(
      `${name}: ${argument} must have the shape of the pooled images, ${formatShape(expected)}; received ${formatShape(shape)}`,
    );
}

/** The largest number of real pixels of a window, along each axis. */
export function windowSizes({ windows, spans }: PoolGeometry): number[] {
  if (windows !== undefined) return windows.map(({ size }) => size);
  return spans.map((axis) => extremesOf(axis.map(({ start, end }) => end - start)).max);
}

/** The number of real pixels of each window along each axis. */
export function pixelCounts({ spans }: PoolGeometry): number[][] {
  return spans.map((axis) => axis.map(({ start, end }) => end - start));
}

/**
 * The axis along which neighbouring windows overlap and so share what they find along the other axes: the first one
 * with windows of several pixels, so that what comes first in row-major order stays first. Undefined where windows
 * do not overlap along it, or have no other axis.
 */
export function sharingAxis({ windows }: PoolGeometry): number | undefined {
  const axes = windows?.flatMap(({ size }, axis) => (size > 1 ? [axis] : [])) ?? [];
  const [first, second] = axes;
  if (first === undefined || second === undefined) return undefined;
  return windows![first]!.size > windows![first]!.stride ? first : undefined;
}

/** What each window sees, with taps counted from the window's first place, padding included. */
export function reachesOf({ windows, spans }: PoolGeometry): Reach[] {
  return spans.map((axis, dimension) =>
    axis.map(({ start, end }, output) => {
      const window = windows?.[dimension];
      const first = window === undefined ? start : output * window.stride - window.before;
      return Array.from({ length: end - start }, (_, step) => [start + step, start + step - first] as const);
    }),
  );
}

/** The leading part of a pooling's input that its windows see. */
export function readShape(name: string, inputShape: Shape, pool: Pool): number[] {
  const { spans } = poolGeometry(name, inputShape, pool);
  const ends = spans.map((axis) => extremesOf(axis.map(({ end }) => end)).max);
  return [inputShape[0]!, ...ends, inputShape.at(-1)!];
}
