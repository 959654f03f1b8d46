import fc from "fast-check";
import { expect, test } from "vitest";
import { interpretNest } from "../kernel/interpret.ts";
import type { Nest } from "../kernel/nest.ts";
import { nestKey } from "../kernel/nest-key.ts";
import { verifyNest } from "../kernel/verify.ts";
import { randomNest } from "./random-nest.ts";
import { accessRanges } from "./visit-points.ts";

const features: Readonly<Record<string, (nest: Nest) => boolean>> = {
  "is elementwise": (nest) => nest.levels.length === 0,
  "has two levels": (nest) => nest.levels.length === 2,
  "has lanes": (nest) => nest.levels.some((level) => level.lanes),
  "has guards": (nest) => nest.guards.length > 0,
  "has an argmax": (nest) => nest.levels.some((level) => level.reductions.some(({ op }) => op === "argmax")),
  "stores bytes": (nest) => nest.stores.some(({ buffer }) => nest.buffers[buffer]!.dtype === "uint8"),
  fills: (nest) => nestKey(nest).includes(" fill "),
  gathers: (nest) => nestKey(nest).includes("#"),
  "has a table": (nest) => /\d\[\d/.test(nestKey(nest)),
};

test.each(Object.entries(features))("among 300 random nests at least three: %s", (_, has) => {
  const found = fc.sample(randomNest, { numRuns: 300, seed: 7 }).filter(({ nest }) => has(nest));
  expect(found.length).toBeGreaterThanOrEqual(3);
});

test("random nests are accepted by the bounds proof, run, and keep within their buffers", () => {
  fc.assert(
    fc.property(randomNest, ({ nest, contents }) => {
      verifyNest(nest);
      for (const { buffer, ranges } of accessRanges(nest))
        ranges.forEach((range, dimension) => {
          if (range === undefined || range.min > range.max) return;
          expect(range.min).toBeGreaterThanOrEqual(0);
          expect(range.max).toBeLessThan(nest.buffers[buffer]!.shape[dimension]!);
        });
      const memory = new Map([...contents].map(([buffer, elements]) => [buffer, elements.slice()]));
      interpretNest(nest, (buffer) => memory.get(buffer)!);
    }),
    { numRuns: 300 },
  );
});
