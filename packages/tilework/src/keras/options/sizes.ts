import type { KerasShape } from "../layers/keras-tensor.ts";
import { type Check, isWhole, refusal } from "./checks.ts";

/** A size for each spatial axis, or one for all. */
export type Size1D = number | readonly [number];
export type Size2D = number | readonly [number, number];
export type Size3D = number | readonly [number, number, number];

/** `rank` whole numbers of at least 1; a single number stands for all. */
export function sizes(rank: number): Check<readonly number[]> {
  return wholeNumbers(rank, 1);
}

/** `rank` whole numbers of at least `low`; a single number stands for all. */
export function wholeNumbers(rank: number, low: number): Check<readonly number[]> {
  const one = `a whole number of at least ${low}`;
  const rule = rank === 1 ? one : `${one}, or an array of ${rank} of them`;
  return (value, at) => {
    const list: readonly unknown[] = Array.isArray(value) ? value : new Array<unknown>(rank).fill(value);
    if (list.length === rank && list.every((size) => isWhole(size) && size >= low))
      return list as readonly number[];
    throw refusal(at, rule, value);
  };
}

/** Sizes of an example's axes: whole numbers of at least 1, null where only data tell. */
export const shapeWithoutBatch: Check<KerasShape> = (value, at) => {
  if (Array.isArray(value) && value.every(isSize)) return value as KerasShape;
  const mend = typeof value === "number" ? `; write [${value}]` : "";
  throw refusal(
    at,
    "an array of sizes (whole numbers of at least 1, or null for a size that only data tell)",
    value,
    mend,
  );
};

/**
 * The same with the batch in front. The batch becomes null whatever it was: programs are compiled for the batch that
 * data have.
 */
export const shapeWithBatch: Check<KerasShape> = (value, at) => {
  if (Array.isArray(value) && value.length > 0 && value.every(isSize)) return [null, ...value.slice(1)];
  throw refusal(at, "an array of the batch (null) and sizes", value);
};

function isSize(size: unknown): boolean {
  return size === null || (isWhole(size) && size >= 1);
}
