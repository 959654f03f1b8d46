/**
 * Large overlapping windows, one axis after the other: the sum (or maximum) over a window is the sum over its rows'
 * sums, and neighbouring windows share these. Passes go from the last axis to the first, so that the first of equal
 * maxima stays the first in row-major order. Whether it pays follows from the shapes alone.
 */
import { sizeOf } from "../../tensor/shape.ts";
import type { Window } from "../convolution/window.ts";
import { type PoolGeometry, pooledShape } from "./pool-geometry.ts";

/** What a pass's intermediate result costs more than an operation: it goes through memory. */
const passCost = 2;

/** The poolings along one axis each that follow one another, or the whole pooling where that is cheaper. */
export function separateAxes(geometry: PoolGeometry): readonly PoolGeometry[] {
  const { windows } = geometry;
  if (windows === undefined) return [geometry];
  const axes = windows.flatMap(({ size }, axis) => (size > 1 ? [axis] : []));
  if (axes.length < 2) return [geometry];
  const passes: PoolGeometry[] = [];
  for (const axis of axes.reverse())
    passes.push(alongAxes(geometry, [axis], passes.at(-1)?.outputSizes ?? geometry.inputSizes));
  const whole = operations(geometry, sizeOf(windows.map(({ size }) => size)));
  const separate = passes.reduce((sum, pass, at) => sum + operations(pass, windows[axes[at]!]!.size), 0);
  return separate * passCost < whole ? passes : [geometry];
}

function operations(geometry: PoolGeometry, windowElements: number): number {
  return sizeOf(pooledShape(geometry)) * windowElements;
}

const single: Window = { size: 1, stride: 1, dilation: 1, before: 0, after: 0 };

/** The pooling of an image of `sizes` along some axes alone; the others stay as they are. */
export function alongAxes(
  geometry: PoolGeometry,
  axes: readonly number[],
  sizes: readonly number[],
): PoolGeometry {
  const isPooled = (axis: number): boolean => axes.includes(axis);
  return {
    ...geometry,
    inputSizes: sizes,
    outputSizes: sizes.map((size, axis) => (isPooled(axis) ? geometry.outputSizes[axis]! : size)),
    windows: geometry.windows?.map((window, axis) => (isPooled(axis) ? window : single)),
    spans: sizes.map((size, axis) =>
      isPooled(axis)
        ? geometry.spans[axis]!
        : Array.from({ length: size }, (_, start) => ({ start, end: start + 1 })),
    ),
  };
}
