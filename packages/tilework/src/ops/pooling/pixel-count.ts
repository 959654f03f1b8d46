import { convert, f32, i32, mul, position } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { valuesIndex } from "../convolution/window-taps.ts";
import { type PoolGeometry, pixelCounts } from "./pool-geometry.ts";

/** The number of real pixels of every window where all have the same, else undefined. */
export function commonPixelCount(geometry: PoolGeometry): number | undefined {
  const counts = pixelCounts(geometry);
  if (counts.some((axis) => axis.some((count) => count !== axis[0]))) return undefined;
  return counts.reduce((product, axis) => product * axis[0]!, 1);
}

/** The number of real pixels of the window at the given output axes, as float32. */
export function pixelCount(geometry: PoolGeometry, outputs: readonly number[]): Expression {
  const common = commonPixelCount(geometry);
  if (common !== undefined) return f32(common);
  const factors = pixelCounts(geometry).map((counts, axis) =>
    counts.every((count) => count === counts[0])
      ? i32(counts[0]!)
      : position(valuesIndex(outputs[axis]!, counts)),
  );
  return convert("f32FromI32", factors.reduce(mul));
}
