/** Refuses feeds that do not fit a program's inputs, before anything runs. */
import type { TensorType } from "../graph/value.ts";
import { formatShape, sizeOf } from "../tensor/shape.ts";
import { ArgumentError } from "../util/errors.ts";
import { didYouMean } from "../util/suggest.ts";
import { checkData } from "./check-data.ts";
import type { Feed, StepFeeds } from "./device.ts";

/** Throws an ArgumentError that names the step and the input for a missing, unknown or ill-sized feed. */
export function checkFeeds(inputs: Readonly<Record<string, TensorType>>, steps: readonly StepFeeds[]): void {
  const names = Object.keys(inputs);
  steps.forEach((feeds, step) => {
    for (const name of names) {
      const feed = feeds[name];
      if (feed === undefined)
        throw new ArgumentError("steps", `step ${step} has no feed for the input "${name}"`);
      checkFeed(feed, inputs[name]!, `step ${step}, input "${name}"`);
    }
    for (const name of Object.keys(feeds))
      if (!(name in inputs))
        throw new ArgumentError(
          "steps",
          `step ${step} feeds "${name}", which the program does not have${didYouMean(name, names)}`,
        );
  });
}

function checkFeed(feed: Feed, type: TensorType, where: string): void {
  if (!("source" in feed)) {
    checkData("steps", where, feed, type);
    return;
  }
  const needed = sizeOf(type.shape);
  const { source, rows } = feed;
  if (source.dtype !== type.dtype)
    throw new ArgumentError(
      "steps",
      `${where}: the source holds ${source.dtype}; the input is ${type.dtype}`,
    );
  if (rows.length * source.rowSize !== needed)
    throw new ArgumentError(
      "steps",
      `${where}: got ${rows.length} rows of ${source.rowSize} elements; the shape ${formatShape(type.shape)} needs ${needed} elements`,
    );
  for (const row of rows)
    if (row >= source.rows)
      throw new ArgumentError("steps", `${where}: row ${row} is outside the source's ${source.rows} rows`);
}
