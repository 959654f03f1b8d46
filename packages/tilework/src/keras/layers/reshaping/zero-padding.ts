import type { Value } from "../../../graph/value.ts";
import { pad } from "../../../ops/shape/spread.ts";
import type { KerasConfig } from "../../initializers/initializer.ts";
import { type Check, isWhole, refusal } from "../../options/checks.ts";
import { joinArguments, layerChecks, readOptions } from "../../options/read-options.ts";
import { type DataFormat, dataFormatCheck, imageShape, joinShape } from "../data-format.ts";
import type { KerasShape } from "../keras-tensor.ts";
import { Layer } from "../layer.ts";
import { ownerOf } from "../owner.ts";

/** Pixels before and after one axis. */
export type PaddingPair = readonly [before: number, after: number];

/** Adds zeros around `rank` spatial axes. */
export abstract class ZeroPadding extends Layer {
  readonly rank: number;
  readonly padding: readonly PaddingPair[];
  readonly dataFormat: DataFormat;

  constructor(rank: number, args: readonly unknown[]) {
    const owner = ownerOf(new.target);
    const checked = readOptions(owner, joinArguments(owner, ["padding"], args), {
      ...layerChecks,
      padding: paddingCheck(rank),
      dataFormat: dataFormatCheck,
    });
    super(checked);
    this.rank = rank;
    this.padding = checked.padding;
    this.dataFormat = checked.dataFormat;
  }

  override get keepsDtype(): boolean {
    return true;
  }

  override call(input: Value): Value {
    const pairs = [...this.padding];
    const none: PaddingPair = [0, 0];
    const all = this.dataFormat === "channels_last" ? [none, ...pairs, none] : [none, none, ...pairs];
    return pad(
      input,
      all.map(([before]) => before),
      all.map(([, after]) => after),
    );
  }

  override computeOutputShape(input: KerasShape): KerasShape {
    const image = imageShape(this.name, input, this.rank, this.dataFormat);
    const spatial = image.spatial.map((size, axis) => {
      const [before, after] = this.padding[axis]!;
      return size === null ? null : size + before + after;
    });
    return joinShape({ ...image, spatial }, this.dataFormat);
  }

  override getConfig(): KerasConfig {
    const padding = this.rank === 1 ? this.padding[0] : this.padding;
    return { ...super.getConfig(), padding, data_format: this.dataFormat };
  }
}

/** One number for all sides, one for each axis, or a pair for each axis; in 1D a pair is [before, after]. */
function paddingCheck(rank: number): Check<readonly PaddingPair[]> {
  const isCount = (value: unknown): value is number => isWhole(value) && value >= 0;
  const isPair = (value: unknown): value is PaddingPair =>
    Array.isArray(value) && value.length === 2 && value.every(isCount);
  const forms =
    rank === 1 ? "or [before, after]" : `an array of ${rank} of them, or ${rank} pairs [before, after]`;
  return (value = 1, at) => {
    if (isCount(value)) return new Array<PaddingPair>(rank).fill([value, value]);
    if (rank === 1 && isPair(value)) return [value];
    if (Array.isArray(value) && value.length === rank) {
      if (value.every(isPair)) return value;
      if (rank > 1 && value.every(isCount)) return value.map((count): PaddingPair => [count, count]);
    }
    throw refusal(at, `a whole number of at least 0, ${forms}`, value);
  };
}
