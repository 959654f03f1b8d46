import { applyOp } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { spatialSizes } from "../convolution/convolution-shapes.ts";
import { averagePoolDefinition } from "./average-pool.ts";
import { maxPoolDefinition } from "./max-pool.ts";
import type { AdaptivePoolOptions, Pool } from "./pool-geometry.ts";

/** Windows of equal size are strided windows, which run faster. */
function asStrided(x: Value, options: AdaptivePoolOptions): Pool {
  const window = spatialSizes(x.shape).map((size, axis) => size / options.outputSizes[axis]!);
  const complete = options.outputSizes.length === window.length;
  return complete && window.every((size) => Number.isInteger(size) && size >= 1) ? { window } : options;
}

/**
 * The largest pixel of each of `outputSizes` windows that share the image out: window i of m over n pixels spans
 * floor(i·n/m) up to ceil((i+1)·n/m). Rules of NaN and ties as in `maxPool`.
 */
export function adaptiveMaxPool(
  x: Value,
  { codes = true, ...pool }: AdaptivePoolOptions & { readonly codes?: boolean },
): Value {
  return applyOp(maxPoolDefinition, [x], { pool: asStrided(x, pool), codes })[0]!;
}

/** The mean of each of `outputSizes` windows that share the image out, as in `adaptiveMaxPool`. */
export function adaptiveAveragePool(x: Value, pool: AdaptivePoolOptions): Value {
  return applyOp(averagePoolDefinition, [x], { pool: asStrided(x, pool) })[0]!;
}
