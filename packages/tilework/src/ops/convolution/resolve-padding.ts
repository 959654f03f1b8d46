import { ArgumentError } from "../../util/errors.ts";
import { extentOf, type Padding } from "./window.ts";

export type PaddingMode = "valid" | "same" | "causal";

export interface PaddingGeometry {
  /** The input's spatial sizes. */
  readonly sizes: readonly number[];
  /** The window's sizes. */
  readonly window: readonly number[];
  /** Default 1. */
  readonly strides?: readonly number[];
  /** Default 1. */
  readonly dilation?: readonly number[];
}

/**
 * Keras's padding in pixels. `valid`: none. `same`: as much as gives ceil(size / stride) outputs, the smaller half
 * before. `causal`: all before, so that an output sees no later input (one spatial axis).
 */
export function resolvePadding(mode: PaddingMode, geometry: PaddingGeometry): Padding[] {
  const { sizes, window, strides, dilation } = geometry;
  return sizes.map((size, axis): Padding => {
    const stride = strides?.[axis] ?? 1;
    const extent = extentOf({ size: window[axis]!, dilation: dilation?.[axis] ?? 1 });
    switch (mode) {
      case "valid":
        return [0, 0];
      case "same": {
        const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
        return [Math.floor(total / 2), Math.ceil(total / 2)];
      }
      case "causal":
        return [extent - 1, 0];
      default:
        throw new ArgumentError(
          "padding",
          `padding must be "valid", "same" or "causal"; received ${JSON.stringify(mode)}`,
        );
    }
  });
}
