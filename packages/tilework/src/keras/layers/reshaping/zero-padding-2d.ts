import type { DataFormat } from "../data-format.ts";
import type { LayerOptions } from "../layer.ts";
import { type PaddingPair, ZeroPadding } from "./zero-padding.ts";

/** Pixels of padding as they may be given. */
export type ZeroPadding2DSize = number | readonly [number, number] | readonly [PaddingPair, PaddingPair];

export interface ZeroPadding2DOptions extends LayerOptions {
  /** Pixels on all sides, [rows, columns], or [[top, bottom], [left, right]]. Default 1. */
  readonly padding?: ZeroPadding2DSize | undefined;
  /** Default "channels_last". */
  readonly dataFormat?: DataFormat | null | undefined;
}

/** Adds zeros around images (batch, rows, columns, channels). */
export class ZeroPadding2D extends ZeroPadding {
  static override readonly className: string = "ZeroPadding2D";

  constructor(padding?: ZeroPadding2DSize | ZeroPadding2DOptions, options?: ZeroPadding2DOptions) {
    super(2, [padding, options]);
  }
}

/** Makes a ZeroPadding2D layer. */
export function zeroPadding2d(
  padding?: ZeroPadding2DSize | ZeroPadding2DOptions,
  options?: ZeroPadding2DOptions,
): ZeroPadding2D {
  return new ZeroPadding2D(padding, options);
}
