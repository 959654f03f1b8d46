import { expect, test } from "vitest";
import { spreadOf } from "./statistics.ts";

test.each([
  [[5], { median: 5, low: 5, high: 5, best: 5 }],
  [[3, 1, 2], { median: 2, low: 1, high: 3, best: 1 }],
  [[10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 0], { median: 50, low: 20, high: 80, best: 0 }],
])("the spread of %j is its median, its 20th and 80th percentile and its least", (samples, spread) => {
  expect(spreadOf(samples)).toEqual(spread);
});
