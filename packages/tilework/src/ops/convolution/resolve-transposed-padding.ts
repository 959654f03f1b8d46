import type { PaddingGeometry } from "./resolve-padding.ts";
import { extentOf, type Padding } from "./window.ts";

export interface TransposedGeometry extends PaddingGeometry {
  /** Pixels added to Keras's base size of the output; undefined: what makes it as large as the mode says. */
  readonly outputPadding?: readonly number[] | undefined;
}

export interface TransposedPadding {
  /** The spatial sizes of the result. */
  readonly outputSizes: readonly number[];
  /** The padding of the convolution that is transposed, negative where pixels are added. */
  readonly padding: readonly Padding[];
}

/**
 * Keras's geometry of a transposed convolution of an input of `sizes` pixels: give `convolutionBackwardData` the
 * result's `padding`, and its `outputSizes` as inputSizes. Without outputPadding, `same` gives size · stride pixels
 * and `valid` (size - 1) · stride + max(extent, stride). After Keras 3.15 on JAX.
 */
export function resolveTransposedPadding(
  mode: "valid" | "same",
  { sizes, window, strides, dilation, outputPadding }: TransposedGeometry,
): TransposedPadding {
  const axes = sizes.map((size, axis) => {
    const stride = strides?.[axis] ?? 1;
    const extent = extentOf({ size: window[axis]!, dilation: dilation?.[axis] ?? 1 });
    const { left, right } = margins(mode, extent, stride, outputPadding?.[axis]);
    const padding: Padding = [extent - 1 - left, extent - 1 - right];
    return { padding, outputSize: (size - 1) * stride + 2 + left + right - extent };
  });
  return {
    outputSizes: axes.map(({ outputSize }) => outputSize),
    padding: axes.map(({ padding }) => padding),
  };
}

/** Zeros around the spread-out input over which the flipped kernel slides. */
function margins(
  mode: "valid" | "same",
  extent: number,
  stride: number,
  outputPadding: number | undefined,
): { left: number; right: number } {
  if (mode === "valid") {
    const added = outputPadding ?? Math.max(extent, stride) - extent;
    return { left: extent - 1, right: extent - 1 + added };
  }
  const total = outputPadding === undefined ? stride + extent - 2 : extent + (extent % 2) - 2 + outputPadding;
  const left = Math.min(Math.ceil(total / 2), extent - 1);
  return { left, right: total - left };
}
