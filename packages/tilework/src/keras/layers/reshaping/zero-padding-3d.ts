import type { DataFormat } from "../data-format.ts";
import type { LayerOptions } from "../layer.ts";
import { type PaddingPair, ZeroPadding } from "./zero-padding.ts";

/** Pixels of padding as they may be given. */
export type ZeroPadding3DSize =
  | number
  | readonly [number, number, number]
  | readonly [PaddingPair, PaddingPair, PaddingPair];

export interface ZeroPadding3DOptions extends LayerOptions {
  /** Voxels on all sides, one number an axis, or a pair an axis. Default 1. */
  readonly padding?: ZeroPadding3DSize | undefined;
  /** Default "channels_last". */
  readonly dataFormat?: DataFormat | null | undefined;
}

/** Adds zeros around volumes (batch, depth, rows, columns, channels). */
export class ZeroPadding3D extends ZeroPadding {
  static override readonly className: string = "ZeroPadding3D";

  constructor(padding?: ZeroPadding3DSize | ZeroPadding3DOptions, options?: ZeroPadding3DOptions) {
    super(3, [padding, options]);
  }
}

/** Makes a ZeroPadding3D layer. */
export function zeroPadding3d(
  padding?: ZeroPadding3DSize | ZeroPadding3DOptions,
  options?: ZeroPadding3DOptions,
): ZeroPadding3D {
  return new ZeroPadding3D(padding, options);
}
