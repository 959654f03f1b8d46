import { expect, test } from "vitest";
import { lowerProgram } from "../../compiler/lower.ts";
import { input } from "../../graph/program.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { runNests } from "../../testing/run-nests.ts";
import { moments } from "./moments.ts";

function programOf(shape: readonly number[], axes: readonly number[]) {
  const x = input("x", { shape, dtype: "float32" });
  const [mean, variance] = moments(x, { axes });
  return { inputs: { x }, outputs: { mean, variance }, updates: [] };
}

/** Mean and variance of all elements, in two passes of float64. */
function exactly(data: Float32Array): { mean: number; variance: number } {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  return { mean, variance: data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length };
}

/** Irregular numbers between -1 and 1, as float32. */
function noise(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => 2 * (((i + 1) * 0.6180339887498949) % 1) - 1);
}

const shapes: readonly [title: string, shape: readonly number[], axes: readonly number[]][] = [
  ["one nest", [40, 1], [0]],
  ["lanes", [3000], [0]],
  ["chunks in lanes", [40009], [0]],
  ["chunks of images", [32, 16, 72, 1], [0, 1, 2]],
  ["chunks with a rest, in parts", [67, 40, 16, 1], [0, 1, 2]],
];

test.each(shapes)("a mean far larger than the deviations costs no accuracy: %s", (_, shape, axes) => {
  for (const [offset, scale] of [
    [1000, 1],
    [-3e4, 1],
    [0, 1e-12],
    [0, 1e12],
  ] as const) {
    const x = noise(shape).map((element) => offset + scale * element);
    const expected = exactly(x);
    const got = runNests(programOf(shape, axes), { x });
    const spread = Math.sqrt(expected.variance);
    const rounding = 2 ** -24 * Math.abs(expected.mean);
    expect(Math.abs(got.mean![0]! - expected.mean)).toBeLessThan(2 * rounding + 1e-6 * spread);
    const roundedMeans = 4 * (rounding / spread) ** 2;
    expect(Math.abs(got.variance![0]! / expected.variance - 1)).toBeLessThan(5e-6 + roundedMeans);
  }
});

test.each(shapes)("samples that are far off cost little accuracy: %s", (_, shape, axes) => {
  const first = Math.ceil(sizeOf(shape) / 512);
  const x = noise(shape).map((element, i) => 100 + (i < first ? 1e4 : 0) + element);
  const got = runNests(programOf(shape, axes), { x });
  expect(Math.abs(got.variance![0]! / exactly(x).variance - 1)).toBeLessThan(1e-4);
});

test.each(shapes)("equal elements have no variance: %s", (_, shape, axes) => {
  const x = noise(shape).fill(0.1);
  const got = runNests(programOf(shape, axes), { x });
  expect(Math.abs(got.mean![0]! / x[0]! - 1)).toBeLessThan(1e-6);
  expect(got.variance![0]!).toBeGreaterThanOrEqual(0);
  expect(got.variance![0]!).toBeLessThan(1e-13);
});

test("NaN and infinity are not lost", () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const x = noise([40]);
    x[25] = bad;
    expect(runNests(programOf([40], [0]), { x }).variance![0]).toBeNaN();
  }
});

test.each([
  ["a small batch", [32, 10], [0], 2],
  ["images", [32, 26, 26, 32], [0, 1, 2], 4],
  ["a batch with a rest", [67, 40, 16, 8], [0, 1, 2], 6],
])("moments of %s take a number of nests that the shape alone decides", (_, shape, axes, nests) => {
  expect(lowerProgram(programOf(shape, axes)).nests).toHaveLength(nests);
});
