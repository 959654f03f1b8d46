import { expect, test } from "vitest";
import { roofOf } from "./roof.ts";

const traffic = (read: number, written: number) => ({ read: read * 1e9, written: written * 1e9 });

test.each<[string, ReturnType<typeof traffic>, Parameters<typeof roofOf>[3], number]>([
  ["as much read as written moves as a copy", traffic(1, 1), { copy: 20, read: 1000, fill: 1000 }, 10],
  ["what only reads moves as reading does", traffic(2, 0), { copy: 20, read: 40 }, 20],
  ["what mostly reads is a copy and a reading", traffic(3, 1), { copy: 20, read: 40 }, 1 / (2 / 20 + 2 / 40)],
  [
    "what mostly writes is a copy and a filling",
    traffic(1, 3),
    { copy: 20, fill: 40 },
    1 / (2 / 20 + 2 / 40),
  ],
  ["reading alone is never slower than within a copy", traffic(2, 0), { copy: 20, read: 5 }, 5],
])("%s", (_, bytes, bandwidths, expected) => {
  const { roof, bound } = roofOf(1e9, bytes, 1e6, bandwidths);
  expect(roof).toBeCloseTo(expected, 10);
  expect(bound).toBe("memory");
});

test("where memory allows more than the processor, the processor's peak is the roof", () => {
  expect(roofOf(1e12, traffic(1, 1), 100, { copy: 20 })).toEqual({ roof: 100, bound: "arithmetic" });
});
