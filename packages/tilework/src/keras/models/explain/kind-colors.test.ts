import { expect, test } from "vitest";
import { kindColors, otherKinds } from "./kind-colors.ts";

test.each([1, 2, 11, 12, 60])("%d kinds have at most twelve colors, all different", (count) => {
  const sizes = new Map(Array.from({ length: count }, (_, i) => [`kind${i}`, i]));
  const colors = kindColors(sizes);
  const largest = [...sizes.keys()].reverse();
  expect([...colors.keys()]).toEqual(count > 11 ? [...largest.slice(0, 11), otherKinds] : largest);
  expect(new Set(colors.values()).size).toBe(Math.min(count, 12));
});
