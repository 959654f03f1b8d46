/**
 * The weights, batches and recorded results that tools/goldens/training.py shares with the tests: numbers by the
 * same integer hash, results in fixtures/keras.
 */
import { readFileSync } from "node:fs";
import { NDArray } from "../tensor/ndarray.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";

/** Numbers in [0, 1) that look random: a hash of the element's index, exact in 24 bits. */
export function noise(seed: number, shape: Shape): NDArray {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, index) => {
    let x = Math.imul(index + Math.imul(seed, 0x9e3779b9), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 15), 0xc2b2ae35);
    x = Math.imul(x ^ (x >>> 13), 0x27d4eb2f);
    x ^= x >>> 16;
    return (x >>> 8) / 2 ** 24;
  });
  return new NDArray(data, shape);
}

/** The noise after a change of each element, rounded to float32. */
export function changedNoise(seed: number, shape: Shape, change: (value: number) => number): NDArray {
  return new NDArray(
    noise(seed, shape).data.map((value) => change(value)),
    shape,
  );
}

/** Kernels as wide as glorot_uniform's and small biases, for weights of these shapes in Keras's order. */
export function startWeights(shapes: readonly Shape[]): NDArray[] {
  return shapes.map((shape, place) => {
    const field = sizeOf(shape.slice(0, -2));
    const fans = field * (shape.at(-2)! + shape.at(-1)!);
    const limit = shape.length > 1 ? Math.sqrt(6 / fans) : 0.05;
    return changedNoise(60 + place, shape, (value) => (value * 2 - 1) * limit);
  });
}

/** Images that are half noise and half the pattern of their class, and the class indices. */
export function batchOf(
  network: number,
  shape: Shape,
  size: number,
  step: number,
): { images: NDArray; labels: NDArray } {
  const labels = Int32Array.from(noise(2000 * network + step, [size]).data, (value) =>
    Math.floor(value * 10),
  );
  const images = noise(1000 * network + step, [size, ...shape]);
  const rowSize = sizeOf(shape);
  labels.forEach((label, row) => {
    const pattern = noise(3000 * network + label, shape).data;
    for (let i = 0; i < rowSize; i++)
      images.data[row * rowSize + i] = 0.5 * images.data[row * rowSize + i]! + 0.5 * pattern[i]!;
  });
  return { images, labels: new NDArray(labels, [size]) };
}

/** Class indices as one-hot rows of ten classes. */
export function oneHotRows(labels: NDArray): NDArray {
  const rows = new Float32Array(labels.data.length * 10);
  labels.data.forEach((label, row) => {
    rows[row * 10 + label] = 1;
  });
  return new NDArray(rows, [labels.data.length, 10]);
}

/** Cases that real Keras computed; NaN and infinities are strings there. */
export function kerasCases<Case>(file: string): Case[] {
  const path = new URL(`../../fixtures/keras/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: Case[] }).cases;
}

/** Options by Keras's keys as options of ours: `label_smoothing` is labelSmoothing. */
export function camelCaseOptions(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const renamed = Object.entries(config).map(([key, value]) => [
    key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(renamed);
}
