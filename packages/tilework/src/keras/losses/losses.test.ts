import { expect, test, vi } from "vitest";
import { differentiate } from "../../compiler/differentiate.ts";
import { input } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { softmax } from "../../ops/softmax/softmax.ts";
import { sigmoid } from "../../ops/unary/sigmoid.ts";
import { evaluateReference } from "../../runtime/reference/evaluate.ts";
import { type NestedArray, ndarray } from "../../tensor/ndarray.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { camelCaseOptions, kerasCases } from "../../testing/training-data.ts";
import { getLoss, type LossLike } from "./get-loss.ts";
import type { Loss } from "./loss.ts";
import * as losses from "./losses.ts";

interface LossCase {
  readonly name: string;
  readonly loss: "MeanSquaredError";
  readonly config: Readonly<Record<string, unknown>>;
  readonly yTrue: NestedArray;
  readonly yPred: NestedArray;
  readonly sampleWeight?: NestedArray;
  readonly through?: "softmax" | "sigmoid";
  readonly value: number;
}

/** The loss of arrays in float64; `activation` makes the predictions of `yPred`. */
function evaluateLoss(
  loss: Loss,
  arrays: { yTrue: NestedArray; yPred: NestedArray; sampleWeight?: NestedArray | undefined },
  activation: (x: Value) => Value = (x) => x,
): { loss: number; gradient: number[] } {
  const feeds = new Map<string, Float64Array>();
  const feed = (name: string, values: NestedArray): Value => {
    const array = ndarray(values);
    feeds.set(name, Float64Array.from(array.data));
    return input(name, { shape: array.shape, dtype: "float32" });
  };
  const predictions = feed("yPred", arrays.yPred);
  const weight = arrays.sampleWeight === undefined ? undefined : feed("weight", arrays.sampleWeight);
  const value = loss.reduce(feed("yTrue", arrays.yTrue), activation(predictions), weight);
  const [gradient] = differentiate(value, [predictions]);
  const [result, derivative] = evaluateReference([value, gradient!], feeds);
  return { loss: result![0]!, gradient: [...derivative!] };
}

test.each(kerasCases<LossCase>("losses.json"))("agrees with Keras: $name", (given) => {
  const loss = new losses[given.loss](camelCaseOptions(given.config));
  const activation = given.through && { softmax, sigmoid }[given.through];
  const computed = evaluateLoss(loss, given, activation && ((x) => activation(x)));
  expect(firstDifference([computed.loss], [given.value], tolerances.elementary)).toBeUndefined();
});

test("a softmax that feeds its crossentropy keeps a gradient where the probability has vanished", () => {
  const arrays = { yTrue: [2], yPred: [[40, 0, -40]] };
  const { loss, gradient } = evaluateLoss(losses.sparseCategoricalCrossentropy(), arrays, (x) => softmax(x));
  expect(loss).toBeCloseTo(80, 10);
  expect(gradient[0]).toBeCloseTo(1, 10);
  expect(gradient[2]).toBeCloseTo(-1, 10);
});

test.each([
  {
    loss: "mse",
    shapes: [
      [8, 1],
      [8, 1],
    ],
    name: "MeanSquaredError",
  },
  {
    loss: "BCE",
    shapes: [
      [8, 1],
      [8, 1],
    ],
    name: "BinaryCrossentropy",
  },
  { loss: "crossentropy", shapes: [[8], [8, 1]], name: "BinaryCrossentropy" },
  { loss: "ce", shapes: [[8], [8, 3]], name: "SparseCategoricalCrossentropy" },
  {
    loss: "crossentropy",
    shapes: [
      [8, 1],
      [8, 3],
    ],
    name: "SparseCategoricalCrossentropy",
  },
  {
    loss: "crossentropy",
    shapes: [
      [8, 3],
      [8, 3],
    ],
    name: "CategoricalCrossentropy",
  },
  {
    loss: "MeanAbsoluteError",
    shapes: [
      [8, 1],
      [8, 1],
    ],
    name: "MeanAbsoluteError",
  },
] as const)('"$loss" for labels and predictions $shapes is $name', ({ loss, shapes, name }) => {
  expect(getLoss(loss as LossLike, shapes[0], shapes[1]).className).toBe(name);
});

test("class indices against one-hot losses, and the other way round, are refused with the loss that fits", () => {
  const type = (shape: number[]): Value => input("x", { shape, dtype: "float32" });
  expect(() => losses.categoricalCrossentropy().call(type([4]), type([4, 3]))).toThrow(
    'use "sparse_categorical_crossentropy"',
  );
  expect(() => losses.sparseCategoricalCrossentropy().call(type([4, 3]), type([4, 3]))).toThrow(
    'use "categorical_crossentropy"',
  );
});

test("unknown options and values of options are refused by name", () => {
  expect(() => losses.binaryCrossentropy({ fromLogit: true } as object)).toThrow('did you mean "fromLogits"');
  expect(() => losses.meanSquaredError({ reduction: "summ" as "sum" })).toThrow('did you mean "sum"');
  expect(() => losses.categoricalCrossentropy({ labelSmoothing: 2 })).toThrow("labelSmoothing");
});

test("logits that come from a softmax are warned about once", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const scores = softmax(input("x", { shape: [4, 3], dtype: "float32" }));
  const labels = input("y", { shape: [4], dtype: "float32" });
  for (let time = 0; time < 3; time++)
    losses.sparseCategoricalCrossentropy({ fromLogits: true }).call(labels, scores);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("its input is taken as the logits"));
  warn.mockRestore();
});
