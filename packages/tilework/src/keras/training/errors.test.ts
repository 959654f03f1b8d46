import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Value } from "../../graph/value.ts";
import { configure } from "../../runtime/configure.ts";
import { noise } from "../../testing/training-data.ts";
import { dense } from "../layers/core/dense.ts";
import { input } from "../layers/input-layer.ts";
import { flatten } from "../layers/reshaping/flatten.ts";
import { model as makeModel } from "../models/functional.ts";
import type { Model } from "../models/model.ts";
import { sequential } from "../models/sequential.ts";
import * as ops from "../ops/ops.ts";
import { adam } from "../optimizers/adam.ts";
import type { CompileOptions } from "./compile-options.ts";

beforeAll(() => configure({ device: "reference" }));
afterAll(() => configure({}));

const x = noise(1, [6, 4]);
const labels = [0, 1, 2, 0, 1, 2];

function classifier(options: CompileOptions = { loss: "sparse_categorical_crossentropy" }): Model {
  const made = sequential([dense(3, { activation: "softmax", inputShape: [4] })], { name: "classifier" });
  made.compile(options);
  return made;
}

function twoHeads(): Model {
  const features = input([4], { name: "features" });
  const heads = ["kind", "size"].map((name) => dense(2, { name }).apply(features));
  return makeModel(features, heads, { name: "heads" });
}

const nan = Number.NaN;

describe("data that do not fit are refused with their argument, and nothing changes", () => {
  const quiet = { verbose: 0 } as const;
  const oneHot = [[1, 0, 0]];
  test.each<[string, (model: Model) => Promise<unknown>, string]>([
    [
      "another shape of x",
      (model) => model.fit(noise(1, [6, 5]), labels),
      "x: classifier expects data of shape (None, 4); got (6, 5)",
    ],
    [
      "one example without a batch",
      (model) => model.predict([1, 2, 3, 4]),
      "a single example must stand in a batch of one",
    ],
    ["x that is no data", (model) => model.fit("x" as never, labels), "x: expected an NDArray"],
    [
      "typed data without a shape",
      (model) => model.fit({ data: new Float32Array(24), shap: [6, 4] } as never, labels),
      "x: typed data need their shape, as { data, shape }; got { data, shap }",
    ],
    [
      "numbers too large for a float",
      (model) => model.fit([[1n, 2n, 3n, 4n]] as never, labels),
      "x[0][0]: expected a number, got 1n; convert it with Number(value)",
    ],
    ["an option that is a bigint", (model) => model.fit(x, labels, { epochs: 1n as never }), "got 1n"],
    ["no x", (model) => model.fit(undefined as never, labels), "x: the data are missing"],
    ["no y", (model) => model.fit(x, undefined as never), "y: the labels are missing"],
    ["empty x", (model) => model.fit({ data: new Float32Array(0), shape: [0, 4] }, []), "x: has no data"],
    ["more labels than examples", (model) => model.fit(x, [...labels, 1]), "y has 7 examples, but x has 6"],
    ["NaN among the labels", (model) => model.fit(x, [0, 1, nan, 0, 1, 2]), "y[2] is NaN"],
    [
      "a label out of range",
      (model) => model.fit(x, [0, 1, 2, 0, 3, 2]),
      "y[4] is 3, but the output has 3 classes: labels go from 0 to 2",
    ],
    ["a negative label", (model) => model.evaluate(x, new Int32Array([0, 1, -1, 0, 1, 2])), "y[2] is -1"],
    [
      "a label between two classes",
      (model) => model.fit(x, [0, 0.5, 1, 1, 1, 1]),
      "y[1] is 0.5; class indices must be whole numbers",
    ],
    [
      "one-hot labels for a sparse loss",
      (model) => model.fit([[1, 2, 3, 4]], oneHot),
      'use "categorical_crossentropy"',
    ],
    [
      "a weight that is no number",
      (model) => model.fit(x, labels, { sampleWeight: [1, 1, nan, 1, 1, 1] }),
      "sampleWeight[2] is NaN",
    ],
    [
      "weights of another length",
      (model) => model.fit(x, labels, { sampleWeight: [1, 1] }),
      "sampleWeight has 2 examples",
    ],
    [
      "class and sample weights",
      (model) => model.fit(x, labels, { sampleWeight: labels, classWeight: { 0: 1 } }),
      "cannot be given together",
    ],
    [
      "a class weight for no class",
      (model) => model.fit(x, labels, { classWeight: { a: 1 } as never }),
      "classWeight: expected a number for each class index",
    ],
    ["a negative class weight", (model) => model.fit(x, labels, { classWeight: { 0: -1 } }), 'got "0": -1'],
    [
      "a weight for a class beyond the output's",
      (model) => model.trainOnBatch(x, labels, { classWeight: { 1: 2, 7: 1 } }),
      "classWeight: there is no class 7: the output has 3 classes, 0 to 2",
    ],
    [
      "validation data that do not fit",
      (model) => model.fit(x, labels, { validationData: [x, [9, 1, 1, 1, 1, 1]] }),
      "validationData[1][0] is 9",
    ],
    [
      "validation data without labels",
      (model) => model.fit(x, labels, { validationData: [x] as never }),
      "validationData: expected [x, y]",
    ],
    [
      "a split that leaves nothing",
      (model) => model.fit(x, labels, { validationSplit: 0.95 }),
      "validationSplit: 0.95 of 6 examples leaves nothing for training",
    ],
    [
      "an unknown option",
      (model) => model.fit(x, labels, { batchsize: 3 } as never),
      'did you mean "batchSize"?',
    ],
    [
      "a batch size of 0",
      (model) => model.fit(x, labels, { batchSize: 0 }),
      "batchSize must be a whole number of at least 1, got 0",
    ],
    [
      "half an epoch",
      (model) => model.fit(x, labels, { epochs: 0.5 }),
      "epochs must be a whole number of at least 1",
    ],
    [
      "a split of everything",
      (model) => model.fit(x, labels, { validationSplit: 1 }),
      "validationSplit must be",
    ],
    [
      "verbose 3",
      (model) => model.fit(x, labels, { verbose: 3 as never }),
      'verbose must be "auto", 0, 1 or 2, got 3',
    ],
    ["no signal", (model) => model.fit(x, labels, { signal: {} as never }), "signal must be an AbortSignal"],
    [
      "a callback that is none",
      (model) => model.fit(x, labels, { callbacks: ["stop"] as never }),
      "callbacks[0]: expected a callback",
    ],
    [
      "a callback for no event",
      (model) => model.fit(x, labels, { callbacks: [{ onEpochEnds() {} }] as never }),
      'did you mean "onEpochEnd"?',
    ],
    [
      "an unknown option of predict",
      (model) => model.predict(x, { batch: 3 } as never),
      "predict: has no option",
    ],
    ["an unknown input", (model) => model.predict({ feature: x } as never), "x: the model has no"],
  ])("%s", async (_, call, message) => {
    const made = classifier();
    const before = await made.getWeights();
    await expect(async () => call(made)).rejects.toThrow(message);
    expect(await made.getWeights()).toEqual(before);
    expect(made.optimizer.iterations).toBe(0);
    await made.fit(x, labels, quiet);
  });
});

test.each<[string, CompileOptions, string]>([
  [
    "an unknown loss",
    { loss: "categorical_crossentropi" as never },
    'did you mean "categorical_crossentropy"?',
  ],
  ["an unknown metric", { metrics: ["acuracy" as never] }, 'did you mean "accuracy"?'],
  ["an unknown optimizer", { optimizer: "adamm" as never }, 'did you mean "adam"?'],
  ["an unknown option", { metric: [] } as never, 'did you mean "metrics"?'],
  ["a loss for another output", { loss: { dense_9: "mse" } }, 'loss: the model has no output "dense_9"'],
  ["too many losses", { loss: ["mse", "mse"] }, "loss: the list has 2 entries, but the model has 1 output"],
  [
    "a loss weight that is no number",
    { loss: "mse", lossWeights: [Number.NaN] },
    "lossWeights: expected numbers",
  ],
  ["a loss that is none", { loss: 3 as never }, "loss: expected a loss, its name"],
])("compile refuses %s", (_, options, message) => {
  expect(() => classifier(options)).toThrow(message);
});

test("fit, evaluate and trainOnBatch before compile say what to do; predict needs none", async () => {
  const made = sequential([dense(3, { inputShape: [4] })]);
  for (const call of [
    () => made.fit(x, labels),
    () => made.evaluate(x, labels),
    () => made.trainOnBatch(x, labels),
  ])
    await expect(call).rejects.toThrow("call model.compile({");
  expect((await made.predict(x)).shape).toEqual([6, 3]);
});

test("a model compiled without a loss cannot be fitted", async () => {
  await expect(classifier({ optimizer: "adam" }).fit(x, labels)).rejects.toThrow("compiled without a loss");
});

test("labels of a wrong kind are refused once; the right ones are taken afterwards", async () => {
  const made = classifier({ loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const oneHot = labels.map((label) => [0, 1, 2].map((kind) => Number(kind === label)));
  await expect(made.fit(x, oneHot)).rejects.toThrow('use "categorical_crossentropy"');
  expect(Object.keys(await made.evaluate(x, labels, { verbose: 0 }))).toEqual(["accuracy", "loss"]);
});

test("labels that would only broadcast against the predictions are refused", async () => {
  const made = sequential([dense(3, { inputShape: [4] })]);
  made.compile({ loss: "mse" });
  await expect(made.fit(noise(1, [3, 4]), [1, 2, 3])).rejects.toThrow(
    "y: mse expects labels of shape (None, 3) for an output of shape (None, 3); got (3,). " +
      "Give each example 3 values, or end the model with one unit",
  );
});

test("several outputs: what is missing or too much is named", async () => {
  const made = twoHeads();
  made.compile({ loss: "mse" });
  const y = noise(3, [6, 2]);
  await expect(made.fit(x, y)).rejects.toThrow("y: the model has 2 (kind, size); pass a list of 2 arrays");
  await expect(made.fit(x, { kind: y })).rejects.toThrow('y: the labels for the output "size" are missing');
  await expect(made.fit(x, { kind: y, sizes: y } as never)).rejects.toThrow('did you mean "size"?');
  await expect(made.fit(x, [y, y], { classWeight: { 0: 1 } })).rejects.toThrow(
    "only for models with one output",
  );
});

test("a model that waits for its input shape takes it from the data", async () => {
  const made = sequential([flatten(), dense(2)]);
  made.compile({ loss: "mse" });
  await made.fit(noise(1, [4, 3, 3]), noise(2, [4, 2]), { verbose: 0 });
  expect(made.layers[0]!.outputShape).toEqual([null, 9]);
  await expect(made.fit(noise(1, [4, 2, 3]), noise(2, [4, 2]))).rejects.toThrow(
    "expects data of shape (None, 3, 3)",
  );
});

test.each([
  ["a plain list for a column of outputs", [1, 2, 3]],
  ["a column for a column of outputs", [[1], [2], [3]]],
])("mse takes %s, as Keras does", async (_, targets) => {
  const model = sequential([dense(1, { inputShape: [2], kernelInitializer: "zeros" })]);
  model.compile({ loss: "mse" });
  const { loss } = await model.testOnBatch(noise(1, [3, 2]), targets);
  expect(loss).toBeCloseTo(14 / 3, 5);
});

test.each<[string, "mse" | "mae" | "binary_crossentropy", number[] | number[][], string]>([
  ["one target each", "mse", labels, "y: mse expects labels of shape (None, 3)"],
  ["a column of targets", "mae", labels.map((label) => [label]), "y: mae expects labels of shape (None, 3)"],
  [
    "labels below 0",
    "binary_crossentropy",
    labels.map(() => [0, 1, -1]),
    "y[0][2] is -1; binary_crossentropy takes labels from 0 to 1",
  ],
])("%s for three units with %s is refused for every batch size", async (_, loss, targets, message) => {
  const made = classifier({ loss });
  for (const batchSize of [1, 3, 6])
    await expect(made.fit(x, targets, { batchSize, verbose: 0 })).rejects.toThrow(message);
  await expect(made.trainOnBatch(x, targets)).rejects.toThrow(message);
});

const batch = [x, labels.map(() => [1, 0, 0])] as const;

test.each<[string, unknown, string]>([
  ["a number", 5, "it returned 5; compute with the functions of ops"],
  ["nothing", undefined, "it returned undefined; does it lack a return?"],
  ["a promise", Promise.resolve(1), "it returned a promise; it must not be async"],
  ["a string", "mse", 'it returned "mse"'],
])("a loss, metric or activation that returns %s is named with what it returned", async (_, result, what) => {
  const own = (): never => result as never;
  await expect(classifier({ loss: own }).trainOnBatch(...batch)).rejects.toThrow(
    `loss: the function must return a tensor; ${what}`,
  );
  const watched = classifier({ loss: "mse", metrics: ["mae", own] });
  await expect(watched.trainOnBatch(...batch)).rejects.toMatchObject({
    name: "ArgumentError",
    argument: "metrics[1]",
    message: expect.stringContaining(what),
  });
  const active = sequential([dense(3, { name: "last", activation: own, inputShape: [4] })]);
  await expect(active.predict(x)).rejects.toThrow(
    `last: activation: the function must return a tensor; ${what}`,
  );
});

test("an op that is given no tensor says so", async () => {
  const wrong = (loss: () => Value): Promise<unknown> => classifier({ loss }).trainOnBatch(...batch);
  await expect(wrong(() => ops.mean(5 as never))).rejects.toThrow("reduceMean: expected a tensor");
  await expect(wrong(() => ops.add("a" as never, 1))).rejects.toThrow("add: expected a tensor, such as");
  await expect(wrong(() => ops.exp(undefined as never))).rejects.toThrow("got undefined");
});

test.each<[string, CompileOptions, string]>([
  ["auc", { loss: "mse", metrics: ["auc" as never] }, "does not have this one yet: there are accuracy"],
  ["huber", { loss: "huber" as never }, "does not have this one yet: there are binary_crossentropy"],
  ["KLDivergence", { loss: "KLDivergence" as never }, "does not have this one yet"],
  [
    "nadam",
    { optimizer: "nadam" as never, loss: "mse" },
    "not have this one yet: there are adam, adamw, rmsprop, sgd",
  ],
  ["adm", { optimizer: "adm" as never, loss: "mse" }, 'did you mean "adam"?'],
])("the name %s, which is not there, gets a hint that helps", (name, options, hint) => {
  expect(() => classifier(options)).toThrow(hint);
  expect(() => classifier(options)).toThrow(JSON.stringify(name));
});

test("learningRate is suggested for lr", () => {
  expect(() => adam({ lr: 0.1 } as object)).toThrow('adam: has no option "lr"; did you mean "learningRate"?');
});
