import { expect, test } from "vitest";
import { sequential } from "../models/sequential.ts";
import { averagePooling1d } from "./pooling/average-pooling-1d.ts";
import { maxPooling1d } from "./pooling/max-pooling-1d.ts";

const length = 200_001;
const signal = Float32Array.from({ length }, (_, at) => Math.sin(at * at));

/** Of windows of three samples, two apart; "same" adds one before the first. */
function pooled(of: (window: Float32Array) => number): number[] {
  return Array.from({ length: (length + 1) / 2 }, (_, at) =>
    of(signal.slice(Math.max(0, 2 * at - 1), 2 * at + 2)),
  );
}

const options = { strides: 2, padding: "same", inputShape: [length, 1] } as const;

test.each([
  { layer: maxPooling1d(3, options), of: (window: Float32Array) => Math.max(...window) },
  {
    layer: averagePooling1d(3, options),
    of: (window: Float32Array) => window.reduce((sum, value) => sum + value, 0) / window.length,
  },
])("$layer.name of a signal of 200,001 samples", async ({ layer, of }) => {
  const model = sequential([layer]);
  const { data, shape } = await model.predict({ data: signal, shape: [1, length, 1] });
  expect(shape).toEqual([1, (length + 1) / 2, 1]);
  const farthest = pooled(of).reduce((most, value, at) => Math.max(most, Math.abs(value - data[at]!)), 0);
  expect(farthest).toBeLessThan(1e-6);
});
