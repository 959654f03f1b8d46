import { expect, test } from "vitest";
import { sumsInLanes } from "./sums-in-lanes.ts";

test.each([
  ["ten units over many inputs", { rows: 32, columns: 10, depth: 1600, run: 1600, isTurned: true }, true],
  ["ten units over few inputs", { rows: 32, columns: 10, depth: 64, run: 64, isTurned: true }, false],
  ["weights that no other rows use", { rows: 1, columns: 10, depth: 1600, run: 1600, isTurned: true }, false],
  ["columns that fill a vector", { rows: 32, columns: 16, depth: 1600, run: 1600, isTurned: true }, false],
  ["more columns than lanes", { rows: 32, columns: 20, depth: 1600, run: 1600, isTurned: false }, false],
  ["two long rows", { rows: 32, columns: 2, depth: 10_000, run: 10_000, isTurned: false }, true],
  ["three filters of many channels", { rows: 900, columns: 3, depth: 576, run: 64, isTurned: true }, true],
  [
    "two filters of pixels that are read no more often",
    { rows: 900, columns: 2, depth: 16, run: 16, isTurned: true },
    true,
  ],
  ["a filter of few channels", { rows: 900, columns: 1, depth: 27, run: 3, isTurned: false }, false],
])("%s", (_, sums, expected) => {
  expect(sumsInLanes(sums)).toBe(expected);
});
