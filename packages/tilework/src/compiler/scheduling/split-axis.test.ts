import fc from "fast-check";
import { expect, test } from "vitest";
import { interpretNest } from "../../kernel/interpret.ts";
import type { Nest } from "../../kernel/nest.ts";
import { verifyNest } from "../../kernel/verify.ts";
import { bitsOf } from "../../testing/nest-runs.ts";
import { randomNest } from "../../testing/random-nest.ts";
import { splitAxis } from "./split-axis.ts";

/** The nest split at each of its space axes, into parts of each divisor of its size. */
function splits(nest: Nest): Nest[] {
  return nest.space.flatMap((axis) => {
    const { size } = nest.axes[axis]!;
    const parts = Array.from({ length: size }, (_, at) => at + 1).filter((part) => size % part === 0);
    return parts.flatMap((part) => splitAxis(nest, axis, part) ?? []);
  });
}

test("an axis in parts computes the same bits, provably within the buffers", () => {
  let found = 0;
  fc.assert(
    fc.property(randomNest, ({ nest, contents }) => {
      const run = (each: Nest): unknown => {
        const memory = new Map([...contents].map(([buffer, elements]) => [buffer, elements.slice()]));
        interpretNest(each, (buffer) => memory.get(buffer)!);
        return [...memory.values()].map(bitsOf);
      };
      const expected = run(nest);
      for (const split of splits(nest)) {
        expect(() => verifyNest(split)).not.toThrow();
        expect(run(split)).toEqual(expected);
        found++;
      }
    }),
    { numRuns: 100, seed: 5 },
  );
  expect(found).toBeGreaterThan(100);
});
