import type { Value } from "../../../graph/value.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { flag, optional } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { type DataFormat, dataFormatCheck, imageShape, joinShape } from "../data-format.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface GlobalPoolingOptions extends LayerOptions {
  /** Default "channels_last". */
  readonly dataFormat?: DataFormat | null | undefined;
  /** Whether spatial axes stay with size 1. Default false. */
  readonly keepdims?: boolean | undefined;
}

/** Pools all pixels of each channel into one; subclasses say how. */
export abstract class GlobalPooling extends Layer {
  readonly rank: number;
  readonly dataFormat: DataFormat;
  readonly keepdims: boolean;

  constructor(rank: number, options: GlobalPoolingOptions = {}) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, [], [options]), {
      ...layerChecks,
      dataFormat: dataFormatCheck,
      keepdims: optional(flag, false),
    });
    super(checked);
    this.rank = rank;
    this.dataFormat = checked.dataFormat;
    this.keepdims = checked.keepdims;
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const image = imageShape(this.name, input, this.rank, this.dataFormat);
    if (!this.keepdims) return [image.batch, image.channels];
    return joinShape({ ...image, spatial: image.spatial.map(() => 1) }, this.dataFormat);
  }

  /** The axes that are folded away. */
  protected spatialAxes(input: Value): number[] {
    const first = this.dataFormat === "channels_last" ? 1 : 2;
    return Array.from({ length: input.shape.length - 2 }, (_, axis) => first + axis);
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), data_format: this.dataFormat, keepdims: this.keepdims };
  }
}
