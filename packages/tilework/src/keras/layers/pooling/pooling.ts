import { resolvePadding } from "../../../ops/convolution/resolve-padding.ts";
import type { PoolOptions } from "../../../ops/pooling/pool-geometry.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { type Check, oneOf, optional, refusal } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { sizes } from "../../options/sizes.ts";
import { type DataFormat, dataFormatCheck, imageShape, joinShape } from "../data-format.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";
import { slidSizes } from "../window-shape.ts";

/** Options of pooling with a sliding window; `Size` is a number, or one number a spatial axis. */
export interface PoolingOptions<Size> extends LayerOptions {
  /** Sizes of the window in pixels. Default 2 for max pooling; required for average pooling. */
  readonly poolSize?: Size | undefined;
  /** Pixels from one window to the next. Default: the window, so that windows tile the input. */
  readonly strides?: Size | null | undefined;
  /** "same" pads so that the result has ceil(size / stride) pixels. Default "valid". */
  readonly padding?: "valid" | "same" | undefined;
  /** Default "channels_last". */
  readonly dataFormat?: DataFormat | null | undefined;
}

/** Pools with a window that slides over `rank` spatial axes; subclasses say what becomes of a window. */
export abstract class Pooling extends Layer {
  readonly rank: number;
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: "valid" | "same";
  readonly dataFormat: DataFormat;

  /** `defaultSize` is undefined where the pool size must be given. */
  constructor(rank: number, defaultSize: number | undefined, args: readonly unknown[]) {
    const owner = ownerOf(new.target);
    const given = joinArguments(owner, ["poolSize"], args);
    const checked = readOptions(owner, given, {
      ...layerChecks,
      poolSize: poolSizeCheck(rank, defaultSize),
      strides: optional(sizes(rank), undefined),
      padding: optional(oneOf("valid", "same"), "valid"),
      dataFormat: dataFormatCheck,
    });
    super(checked);
    this.rank = rank;
    this.poolSize = checked.poolSize;
    this.strides = checked.strides ?? checked.poolSize;
    this.padding = checked.padding;
    this.dataFormat = checked.dataFormat;
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const image = imageShape(this.name, input, this.rank, this.dataFormat);
    const window = { sizes: this.poolSize, strides: this.strides, padding: this.padding };
    const words = { noun: "window", option: "poolSize", earlier: "fewer pooling layers" };
    return joinShape(
      { ...image, spatial: slidSizes(this.name, image.spatial, window, words) },
      this.dataFormat,
    );
  }

  /** The window over images of these sizes, as the ops take it. */
  protected windowOver(spatial: readonly number[]): PoolOptions {
    const geometry = { sizes: spatial, window: this.poolSize, strides: this.strides };
    return { window: this.poolSize, strides: this.strides, padding: resolvePadding(this.padding, geometry) };
  }

  override getConfig(): KerasConfig {
    return {
      ...super.getConfig(),
      pool_size: this.poolSize,
      padding: this.padding,
      strides: this.strides,
      data_format: this.dataFormat,
    };
  }
}

function poolSizeCheck(rank: number, defaultSize: number | undefined): Check<readonly number[]> {
  const check = sizes(rank);
  return (value, at) => {
    if (value !== undefined && value !== null) return check(value, at);
    if (defaultSize !== undefined) return new Array<number>(rank).fill(defaultSize);
    throw refusal(at, "given", value, "; pass 2, say");
  };
}
