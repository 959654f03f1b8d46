import { expect, test } from "vitest";
import { nextSeed, setRandomSeed } from "./random-seed.ts";

function draw(count: number): number[] {
  return Array.from({ length: count }, nextSeed);
}

test("the same seed gives the same sequence, another seed another", () => {
  setRandomSeed(42);
  const first = draw(100);
  setRandomSeed(42);
  expect(draw(100)).toEqual(first);
  setRandomSeed(43);
  expect(draw(100)).not.toEqual(first);
});

test("seeds are 32-bit integers and do not repeat early", () => {
  setRandomSeed(0);
  const seeds = draw(1000);
  expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  expect(new Set(seeds).size).toBe(1000);
});

test.each([-1, 0.5, 2 ** 32, Number.NaN])("a seed that is no 32-bit integer is refused: %d", (seed) => {
  expect(() => setRandomSeed(seed)).toThrow(`seed must be an integer from 0 to 4294967295; got ${seed}`);
});
