import { expect, test } from "vitest";
import { type PaddingMode, resolvePadding } from "./resolve-padding.ts";
import { outputSize } from "./window.ts";

test.each([
  ["valid", 9, 3, 2, 1, [0, 0], 4],
  ["same", 9, 3, 1, 1, [1, 1], 9],
  ["same", 9, 4, 1, 1, [1, 2], 9],
  ["same", 9, 3, 2, 1, [1, 1], 5],
  ["same", 10, 3, 2, 1, [0, 1], 5],
  ["same", 2, 3, 2, 1, [0, 1], 1],
  ["same", 7, 1, 3, 1, [0, 0], 3],
  ["same", 7, 3, 1, 3, [3, 3], 7],
  ["same", 18, 17, 2, 1, [7, 8], 9],
  ["causal", 9, 3, 1, 1, [2, 0], 9],
  ["causal", 9, 3, 1, 2, [4, 0], 9],
  ["causal", 9, 3, 2, 1, [2, 0], 5],
] as const)(
  "%s padding of %i pixels for a window of %i, stride %i, dilation %i is %j and gives %i outputs",
  (mode, pixels, size, stride, dilation, expected, outputs) => {
    const geometry = { sizes: [pixels], window: [size], strides: [stride], dilation: [dilation] };
    const [[before, after]] = resolvePadding(mode, geometry) as [[number, number]];
    expect([before, after]).toEqual(expected);
    expect(outputSize(pixels, { size, stride, dilation, before, after })).toBe(outputs);
  },
);

test("an unknown padding is refused with what was received", () => {
  expect(() => resolvePadding("Same" as PaddingMode, { sizes: [4], window: [2] })).toThrow(
    'padding must be "valid", "same" or "causal"; received "Same"',
  );
});
