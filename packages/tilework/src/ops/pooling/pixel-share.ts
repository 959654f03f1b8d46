/**
 * What each pixel of a window counts for in the window's mean: one over the number of real pixels. Windows at
 * borders have fewer of them. Multiplying by it takes a sixth of a division's time.
 */
import { convert, f32, mul, position } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { valuesIndex } from "../convolution/window-taps.ts";
import { type PoolGeometry, pixelCounts } from "./pool-geometry.ts";

/** The number of real pixels of every window where all have the same, else undefined. */
export function commonPixelCount(geometry: PoolGeometry): number | undefined {
  const counts = pixelCounts(geometry);
  if (counts.some((axis) => !isConstant(axis))) return undefined;
  return counts.reduce((product, axis) => product * axis[0]!, 1);
}

/** One over the number of real pixels of the window at the given output axes, as float32. */
export function pixelShare(geometry: PoolGeometry, outputs: readonly number[]): Expression {
  const counts = pixelCounts(geometry);
  const common = counts.filter(isConstant).reduce((product, axis) => product * axis[0]!, 1);
  const factors = counts.flatMap((axis, at) =>
    isConstant(axis)
      ? []
      : [
          tableOf(
            outputs[at]!,
            axis.map((count) => 1 / count),
          ),
        ],
  );
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
