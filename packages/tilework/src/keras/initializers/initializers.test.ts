import { describe, expect, test } from "vitest";
import type { Shape } from "../../tensor/shape.ts";
import { fansOf } from "./fans.ts";
import { getInitializer, type InitializerName } from "./get-initializer.ts";
import type { Initializer } from "./initializer.ts";
import * as initializers from "./initializers.ts";

test.each<[Shape, number, number]>([
  [[], 1, 1],
  [[5], 5, 5],
  [[3, 7], 3, 7],
  [[3, 3, 16, 32], 144, 288],
  [[5, 8, 4], 40, 20],
])("fans of %j are %d and %d", (shape, fanIn, fanOut) => {
  expect(fansOf(shape)).toEqual({ fanIn, fanOut });
});

function deviationOf(values: ArrayLike<number>): number {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
}

function largestOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

const shape: Shape = [3, 3, 64, 128];
const [fanIn, fanOut] = [9 * 64, 9 * 128];

// The formulas are those of keras/src/initializers/random_initializers.py.
describe("the spread follows from the fans", () => {
  test.each<[InitializerName, number]>([
    ["glorot_uniform", 6 / (fanIn + fanOut)],
    ["he_uniform", 6 / fanIn],
    ["lecun_uniform", 3 / fanIn],
  ])("%s lies in ±sqrt(%d)", (name, square) => {
    const values = getInitializer(name, { owner: "test", argument: "x" }).values(shape, "float32", 1);
    const limit = Math.sqrt(square);
    const largest = largestOf(values);
    expect(largest).toBeLessThanOrEqual(limit * (1 + 1e-6));
    expect(largest).toBeGreaterThan(limit * 0.999);
    expect(deviationOf(values) / (limit / Math.sqrt(3))).toBeCloseTo(1, 2);
  });

  test.each<[InitializerName, number]>([
    ["glorot_normal", 2 / (fanIn + fanOut)],
    ["he_normal", 2 / fanIn],
    ["lecun_normal", 1 / fanIn],
    ["variance_scaling", 1 / fanIn],
  ])("%s has variance %d and ends at two deviations of the full normal", (name, variance) => {
    const values = getInitializer(name, { owner: "test", argument: "x" }).values(shape, "float32", 1);
    const largest = largestOf(values);
    expect(deviationOf(values) / Math.sqrt(variance)).toBeCloseTo(1, 2);
    expect(largest).toBeLessThanOrEqual((2 * Math.sqrt(variance)) / 0.8796256610342398);
  });
});

test.each<[string, Initializer, number, number]>([
  ["random normal", initializers.randomNormal(), 0, 0.05],
  ["random normal with options", initializers.randomNormal({ mean: 1, stddev: 0.2 }), 1, 0.2],
  ["truncated normal", initializers.truncatedNormal(), 0, 0.05 * 0.8796256610342398],
  ["random uniform", initializers.randomUniform(), 0, 0.1 / Math.sqrt(12)],
  [
    "random uniform with options",
    initializers.randomUniform({ minval: 0, maxval: 1 }),
    0.5,
    1 / Math.sqrt(12),
  ],
])("%s has Keras's mean and deviation", (_, initializer, mean, deviation) => {
  const values = initializer.values(shape, "float32", 1);
  expect(Array.from(values).reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(mean, 2);
  expect(deviationOf(values) / deviation).toBeCloseTo(1, 1);
});

test("constants fill", () => {
  expect(initializers.zeros().values([2], "float32")).toEqual(new Float32Array(2));
  expect(initializers.ones().values([2], "int32")).toEqual(Int32Array.of(1, 1));
  expect(initializers.constant(0.5).values([2], "float32")).toEqual(Float32Array.of(0.5, 0.5));
  expect(initializers.constant({ value: 2 }).values([1], "uint8")).toEqual(Uint8Array.of(2));
});

test("a seed of its own makes all weights alike; else each weight's seed counts", () => {
  const seeded = initializers.heNormal({ seed: 5 });
  expect(seeded.values([4], "float32", 1)).toEqual(seeded.values([4], "float32", 2));
  const open = initializers.heNormal();
  expect(open.values([4], "float32", 1)).not.toEqual(open.values([4], "float32", 2));
});

test.each<[() => unknown, string]>([
  [() => initializers.randomNormal({ stddev: -1 }), "stddev must be a number of at least 0, got -1"],
  [() => initializers.glorotUniform({ sed: 1 } as never), 'has no option "sed"; did you mean "seed"?'],
  [() => initializers.varianceScaling({ mode: "fan" as never }), "mode must be"],
  [() => initializers.varianceScaling({ scale: 0 }), "scale must be"],
  [() => initializers.constant(Number.NaN), "value must be a finite number, got NaN"],
])("wrong options are refused", (make, message) => {
  expect(make).toThrow(message);
});
