/**
 * The geometry of a sliding window along one spatial axis: tap `r` of output `o` reads the input at
 * `stride·o + dilation·r - before`, where that lies inside the input. Convolutions and pooling share it.
 */
import type { Shape } from "../../tensor/shape.ts";
import { ArgumentError, ShapeError } from "../../util/errors.ts";

/** Pixels of padding before and after an axis. Negative padding crops. */
export type Padding = readonly [before: number, after: number];

export interface Window {
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** One entry a spatial axis each. Defaults: strides 1, no padding, dilation 1. */
export interface WindowOptions {
  readonly strides?: readonly number[];
  readonly padding?: readonly Padding[];
  readonly dilation?: readonly number[];
}

/** Pixels from the first to the last tap, both included. */
export function extentOf({ size, dilation }: Pick<Window, "size" | "dilation">): number {
  return (size - 1) * dilation + 1;
}

/** The number of window positions over an input of `inputSize` pixels; below 1 where the window does not fit. */
export function outputSize(inputSize: number, window: Window): number {
  return Math.floor((inputSize + window.before + window.after - extentOf(window)) / window.stride) + 1;
}

/** One window a spatial axis, with the defaults filled in; throws ArgumentError for what is no valid option. */
export function windowsOf(name: string, sizes: readonly number[], options: WindowOptions): Window[] {
  const ndim = sizes.length;
  const strides = perAxis(name, "strides", options.strides, ndim);
  const dilation = perAxis(name, "dilation", options.dilation, ndim);
  const padding = options.padding ?? sizes.map((): Padding => [0, 0]);
  if (padding.length !== ndim || !padding.flat().every(Number.isInteger))
    throw new ArgumentError(
      "padding",
      `${name}: padding must be ${ndim} pairs of whole numbers [before, after], one a spatial axis; received ${JSON.stringify(padding)}`,
    );
  perAxis(name, "window", sizes, ndim);
  return sizes.map((size, axis) => ({
    size,
    stride: strides[axis]!,
    dilation: dilation[axis]!,
    before: padding[axis]![0],
    after: padding[axis]![1],
  }));
}

function perAxis(name: string, argument: string, values: readonly number[] | undefined, ndim: number) {
  const result = values ?? new Array<number>(ndim).fill(1);
  if (result.length === ndim && result.every((value) => Number.isInteger(value) && value >= 1)) return result;
  throw new ArgumentError(
    argument,
    `${name}: ${argument} must be ${ndim} whole number${ndim === 1 ? "" : "s"} >= 1, one a spatial axis; received ${JSON.stringify(result)}`,
  );
}

/** The output's spatial sizes; throws ShapeError where a window does not fit. */
export function outputSizes(name: string, inputSizes: Shape, windows: readonly Window[]): number[] {
  if (inputSizes.length !== windows.length)
    throw new ShapeError(
      `${name}: a ${windows.length}D window needs ${windows.length} spatial axes; received ${inputSizes.length}, (${inputSizes.join(", ")})`,
    );
  const sizes = inputSizes.map((size, axis) => outputSize(size, windows[axis]!));
  if (sizes.every((size) => size >= 1)) return sizes;
  const extents = windows.map(extentOf).join("x");
  const padding = windows.map(({ before, after }) => `[${before}, ${after}]`).join(", ");
  throw new ShapeError(
    `${name}: a ${extents} window with padding ${padding} does not fit its ${inputSizes.join("x")} input; ` +
      `use padding: "same", a smaller window, or a larger input`,
  );
}
