import type { KerasConfig } from "../../initializers/initializer.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { sizes } from "../../options/sizes.ts";
import { type DataFormat, dataFormatCheck, imageShape, joinShape } from "../data-format.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

/** Options of adaptive pooling; `Size` is a number, or one number a spatial axis. */
export interface AdaptivePoolingOptions<Size> extends LayerOptions {
  /** Sizes of the result in pixels. Required. */
  readonly outputSize?: Size | undefined;
  /** Default "channels_last". */
  readonly dataFormat?: DataFormat | null | undefined;
}

/**
 * Pools into a result of fixed size: window i of m over n pixels spans floor(i·n/m) up to ceil((i+1)·n/m).
 * Subclasses say what becomes of a window.
 */
export abstract class AdaptivePooling extends Layer {
  readonly rank: number;
  readonly outputSize: readonly number[];
  readonly dataFormat: DataFormat;

  constructor(rank: number, args: readonly unknown[]) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, ["outputSize"], args), {
      ...layerChecks,
      outputSize: sizes(rank),
      dataFormat: dataFormatCheck,
    });
    super(checked);
    this.rank = rank;
    this.outputSize = checked.outputSize;
    this.dataFormat = checked.dataFormat;
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const image = imageShape(this.name, input, this.rank, this.dataFormat);
    return joinShape({ ...image, spatial: this.outputSize }, this.dataFormat);
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), output_size: this.outputSize, data_format: this.dataFormat };
  }
}
