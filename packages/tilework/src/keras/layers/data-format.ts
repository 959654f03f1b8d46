import type { Value } from "../../graph/value.ts";
import { transpose } from "../../ops/shape/transpose.ts";
import { formatShape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { type Check, oneOf, optional } from "../options/checks.ts";
import type { KerasShape } from "./keras-tensor.ts";

/** Where the channels stand: behind the pixels, or right after the batch. */
export type DataFormat = "channels_last" | "channels_first";

export const dataFormatCheck: Check<DataFormat> = optional(
  oneOf("channels_last", "channels_first"),
  "channels_last" as DataFormat,
);

/** An image's parts as shape rules need them. */
export interface ImageShape {
  readonly batch: number | null;
  readonly spatial: KerasShape;
  readonly channels: number | null;
}

const spatialNames = [[], ["steps"], ["rows", "columns"], ["depth", "rows", "columns"]];

/** Takes a shape of `rank` spatial axes apart; refuses other ranks. */
export function imageShape(layer: string, shape: KerasShape, rank: number, format: DataFormat): ImageShape {
  if (shape.length !== rank + 2) throw wrongRank(layer, shape, rank, format);
  const [batch, ...rest] = shape;
  return format === "channels_last"
    ? { batch: batch!, spatial: rest.slice(0, -1), channels: rest[rank]! }
    : { batch: batch!, spatial: rest.slice(1), channels: rest[0]! };
}

function wrongRank(layer: string, shape: KerasShape, rank: number, format: DataFormat): ShapeError {
  const axes = spatialNames[rank]!;
  const names = format === "channels_last" ? ["batch", ...axes, "channels"] : ["batch", "channels", ...axes];
  const mend =
    shape.length === rank + 1 && format === "channels_last"
      ? `; if the channels are missing, use inputShape: [${[...shape.slice(1), 1].map(String).join(", ")}]`
      : "";
  return new ShapeError(
    `${layer}: expects an input of ${rank + 2} axes (${names.join(", ")}), got ${formatShape(shape)}${mend}`,
  );
}

/** Puts an image's parts together. */
export function joinShape({ batch, spatial, channels }: ImageShape, format: DataFormat): KerasShape {
  return format === "channels_last" ? [batch, ...spatial, channels] : [batch, channels, ...spatial];
}

/** The images with channels behind. */
export function toChannelsLast(x: Value, format: DataFormat): Value {
  if (format === "channels_last") return x;
  const spatial = x.shape.slice(2).map((_, axis) => axis + 2);
  return transpose(x, [0, ...spatial, 1]);
}

/** Undoes `toChannelsLast`. */
export function fromChannelsLast(x: Value, format: DataFormat): Value {
  if (format === "channels_last") return x;
  const last = x.shape.length - 1;
  const spatial = x.shape.slice(1, -1).map((_, axis) => axis + 1);
  return transpose(x, [0, last, ...spatial]);
}
