import type { Value } from "../../../graph/value.ts";
import { reshape } from "../../../ops/shape/reshape.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { type DataFormat, dataFormatCheck, toChannelsLast } from "../data-format.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer, type LayerOptions } from "../layer.ts";
import { ownerOf } from "../owner.ts";

export interface FlattenOptions extends LayerOptions {
  /** "channels_first" puts the channels behind before flattening, so that both formats give the same order. */
  readonly dataFormat?: DataFormat | null | undefined;
}

/** Lays each example out in one row: (batch, a, b, c) to (batch, a · b · c). */
export class Flatten extends Layer {
  static override readonly className: string = "Flatten";

  readonly dataFormat: DataFormat;

  constructor(options?: FlattenOptions) {
    const owner = ownerOf(new.target);
    const checks = { ...layerChecks, dataFormat: dataFormatCheck };
    const checked = readOptions(owner, joinArguments(owner, [], [options]), checks);
    super(checked);
    this.dataFormat = checked.dataFormat;
  }

  override get keepsDtype(): boolean {
    return true;
  }

  override call(input: Value): Value {
    const ordered = input.shape.length > 2 ? toChannelsLast(input, this.dataFormat) : input;
    return reshape(ordered, [input.shape[0]!, sizeOf(input.shape.slice(1))]);
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const example = input.slice(1);
    const size = example.includes(null) ? null : sizeOf(example as readonly number[]);
    return [input[0]!, size];
  }

  override getConfig(): KerasConfig {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}

/** Makes a Flatten layer. */
export function flatten(options?: FlattenOptions): Flatten {
  return new Flatten(options);
}
