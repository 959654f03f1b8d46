import { ShapeError } from "../../util/errors.ts";
import type { KerasShape } from "./keras-tensor.ts";

/** A window that slides over an image: one entry a spatial axis each. */
export interface SlidingWindow {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly dilation?: readonly number[];
  readonly padding: "valid" | "same" | "causal";
}

/** What the window is in errors. */
export interface WindowWords {
  /** "window" or "kernel". */
  readonly noun: string;
  /** The option that sets its size. */
  readonly option: string;
  /** What could be left out before it. */
  readonly earlier: string;
}

/** Keras's sizes of the result; an unknown size stays unknown. Throws where the window does not fit. */
export function slidSizes(
  layer: string,
  sizes: KerasShape,
  window: SlidingWindow,
  words: WindowWords,
): KerasShape {
  const extents = window.sizes.map((size, axis) => (size - 1) * (window.dilation?.[axis] ?? 1) + 1);
  const results = sizes.map((size, axis) => {
    if (size === null) return null;
    const stride = window.strides[axis]!;
    return window.padding === "valid"
      ? Math.floor((size - extents[axis]!) / stride) + 1
      : Math.ceil(size / stride);
  });
  if (results.every((size) => size === null || size >= 1)) return results;
  throw doesNotFit(layer, sizes, extents, window, words);
}

function doesNotFit(
  layer: string,
  sizes: KerasShape,
  extents: readonly number[],
  window: SlidingWindow,
  words: WindowWords,
): ShapeError {
  const dilated = extents.some((extent, axis) => extent !== window.sizes[axis]);
  const spans = dilated ? ` (which spans ${product(extents)} when dilated)` : "";
  return new ShapeError(
    `${layer}: a ${product(window.sizes)} ${words.noun}${spans} with padding "valid" does not fit its ${product(sizes)} input; ` +
      `use padding: "same", a smaller ${words.option}, or ${words.earlier} before it`,
  );
}

function product(sizes: KerasShape): string {
  return sizes.map((size) => size ?? "?").join("x");
}
