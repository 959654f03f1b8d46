import type { DataFormat } from "../data-format.ts";
import type { LayerOptions } from "../layer.ts";
import { type PaddingPair, ZeroPadding } from "./zero-padding.ts";

/** Pixels of padding as they may be given. */
export type ZeroPadding1DSize = number | PaddingPair;

export interface ZeroPadding1DOptions extends LayerOptions {
  /** Steps before and after: a number for both, or [before, after]. Default 1. */
  readonly padding?: ZeroPadding1DSize | undefined;
  /** Default "channels_last". */
  readonly dataFormat?: DataFormat | null | undefined;
}

/** Adds zeros before and after sequences (batch, steps, channels). */
export class ZeroPadding1D extends ZeroPadding {
  static override readonly className: string = "ZeroPadding1D";

  constructor(padding?: ZeroPadding1DSize | ZeroPadding1DOptions, options?: ZeroPadding1DOptions) {
    super(1, [padding, options]);
  }
}

/** Makes a ZeroPadding1D layer. */
export function zeroPadding1d(
  padding?: ZeroPadding1DSize | ZeroPadding1DOptions,
  options?: ZeroPadding1DOptions,
): ZeroPadding1D {
  return new ZeroPadding1D(padding, options);
}
