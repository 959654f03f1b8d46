import { describe, expect, test } from "vitest";
import {
  fillNormal,
  fillTruncatedNormal,
  fillUniform,
  philox,
  randomPermutation,
  randomWords,
} from "./random.ts";

// The known answers of Random123's kat_vectors for philox4x32 with ten rounds.
test.each([
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])("Philox of counter %j under key %j", (counter, key, expected) => {
  const block = new Uint32Array(4);
  philox(counter, key, block);
  expect([...block]).toEqual(expected);
});

describe("streams", () => {
  test("are the same for the same seed and differ for others", () => {
    expect(randomWords(7, 10)).toEqual(randomWords(7, 10));
    expect(randomWords(7, 10)).not.toEqual(randomWords(8, 10));
    expect(randomWords(7, 10)).not.toEqual(randomWords(7 + 2 ** 32, 10));
  });

  test("do not depend on how much is drawn", () => {
    expect(randomWords(7, 3)).toEqual(randomWords(7, 10).subarray(0, 3));
    for (const fill of [fillUniform, fillNormal, fillTruncatedNormal])
      expect(fill(new Float64Array(3), 7)).toEqual(fill(new Float64Array(10_000), 7).subarray(0, 3));
  });

  test("consist of the blocks of their counters", () => {
    const words = randomWords(2 ** 32 + 5, 20_000);
    const block = new Uint32Array(4);
    for (const counter of [0, 1, 1023, 1024, 4999]) {
      philox([counter, 0, 0, 0], [5, 1], block);
      expect([...words.subarray(4 * counter, 4 * counter + 4)]).toEqual([...block]);
    }
  });

  test("are turned into numbers one by one or in pairs, however many there are", () => {
    const words = randomWords(3, 30_000);
    const uniform = [...words].map((word) => -1 + 3 * (word / 2 ** 32));
    const normal = [...words].map((_, i) => {
      const radius = Math.sqrt(-2 * Math.log((words[i - (i % 2)]! + 0.5) / 2 ** 32));
      const angle = 2 * Math.PI * (words[i - (i % 2) + 1]! / 2 ** 32);
      return radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
    });
    const kept = normal.filter((value) => Math.abs(value) <= 2).map((value) => 0.5 * value);
    const count = 20_001;
    expect([...fillUniform(new Float64Array(count), 3, -1, 2)]).toEqual(uniform.slice(0, count));
    expect([...fillNormal(new Float64Array(count), 3)]).toEqual(normal.slice(0, count));
    expect([...fillTruncatedNormal(new Float64Array(count), 3, 0, 0.5)]).toEqual(kept.slice(0, count));
    expect(fillNormal(new Float32Array(count), 3)).toEqual(Float32Array.from(normal.slice(0, count)));
  });

  test("of millions of numbers take a moment", () => {
    const start = performance.now();
    fillTruncatedNormal(new Float32Array(4e6), 1);
    fillUniform(new Float32Array(4e6), 1);
    expect(performance.now() - start).toBeLessThan(4000);
  });
});

interface Moments {
  readonly mean: number;
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
}

function momentsOf(values: Float64Array): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return {
    mean,
    deviation: Math.sqrt(variance),
    least: values.reduce((a, b) => Math.min(a, b)),
    most: values.reduce((a, b) => Math.max(a, b)),
  };
}

const count = 100_000;

test("uniform numbers have the moments of their interval and stay in it", () => {
  const { mean, deviation, least, most } = momentsOf(fillUniform(new Float64Array(count), 1, -2, 4));
  expect(mean).toBeCloseTo(1, 1);
  expect(deviation).toBeCloseTo(6 / Math.sqrt(12), 1);
  expect(least).toBeGreaterThanOrEqual(-2);
  expect(least).toBeLessThan(-1.99);
  expect(most).toBeLessThan(4);
  expect(most).toBeGreaterThan(3.99);
});

test("normal numbers have mean, deviation and tails", () => {
  const { mean, deviation, least, most } = momentsOf(fillNormal(new Float64Array(count), 1, 3, 2));
  expect(mean).toBeCloseTo(3, 1);
  expect(deviation).toBeCloseTo(2, 1);
  expect(least).toBeLessThan(3 - 2 * 3.5);
  expect(most).toBeGreaterThan(3 + 2 * 3.5);
});

test("truncated normal numbers stay within two deviations and have the truncated deviation", () => {
  const { mean, deviation, least, most } = momentsOf(fillTruncatedNormal(new Float64Array(count), 1, 0, 3));
  expect(mean).toBeCloseTo(0, 1);
  expect(deviation).toBeCloseTo(3 * 0.8796256610342398, 1);
  expect(least).toBeGreaterThanOrEqual(-6);
  expect(most).toBeLessThanOrEqual(6);
});

test("a permutation holds each number once, and each place gets each number about equally often", () => {
  expect([...randomPermutation(5, 100)].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  );
  const first = new Array<number>(4).fill(0);
  for (let seed = 0; seed < 4000; seed++) first[randomPermutation(seed, 4)[0]!]!++;
  for (const times of first) expect(Math.abs(times - 1000)).toBeLessThan(150);
});
