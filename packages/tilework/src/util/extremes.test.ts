import { expect, test } from "vitest";
import { extremesOf } from "./extremes.ts";

test("the extremes of a million numbers", () => {
  const values = Array.from({ length: 1_000_000 }, (_, at) => (at * 7919) % 1_000_003);
  values[123_456] = -5;
  values[654_321] = 2_000_000;
  expect(extremesOf(values)).toEqual({ min: -5, max: 2_000_000 });
});
