/**
 * What each pixel of a window counts for in the window's mean: one over the number of real pixels. Windows at
 * borders have fewer of them. Multiplying by it takes a sixth of a division's time.
 */
import { convert, f32, mul, position } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { valuesIndex } from "../convolution/window-taps.ts";
import { type PoolGeometry, pixelCounts } from "./pool-geometry.ts";

/** The product of the window's real pixels along the axes along which all windows have the same number. */
export function commonPixelCount(geometry: PoolGeometry): number {
  return pixelCounts(geometry)
    .filter(isConstant)
    .reduce((product, axis) => product * axis[0]!, 1);
}

/** The axes along which windows differ in their number of real pixels. */
export function unevenAxes(geometry: PoolGeometry): number[] {
  return pixelCounts(geometry).flatMap((counts, axis) => (isConstant(counts) ? [] : [axis]));
}

/** One over the number of real pixels along a spatial axis, of the window at `output`. */
export function axisShare(geometry: PoolGeometry, axis: number, output: number): Expression {
  return tableOf(
    output,
    pixelCounts(geometry)[axis]!.map((count) => 1 / count),
  );
}

/** One over the number of real pixels of the window at the given output axes, as float32. */
export function pixelShare(geometry: PoolGeometry, outputs: readonly number[]): Expression {
  const common = commonPixelCount(geometry);
  const factors = unevenAxes(geometry).map((axis) => axisShare(geometry, axis, outputs[axis]!));
  if (factors.length === 0) return f32(1 / common);
  return [...factors, ...(common === 1 ? [] : [f32(1 / common)])].reduce(mul);
}

function isConstant(counts: readonly number[]): boolean {
  return counts.every((count) => count === counts[0]);
}

/** Each value of the axis to a number, which the nest keeps as its bits. */
function tableOf(axis: number, values: readonly number[]): Expression {
  const bits = new Int32Array(Float32Array.from(values).buffer);
  return convert("f32FromBits", position(valuesIndex(axis, [...bits])));
}
