import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Value } from "../../graph/value.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { abs } from "../../ops/unary/abs.ts";
import { configure } from "../../runtime/configure.ts";
import { clearSession } from "../../runtime/names.ts";
import { setRandomSeed } from "../../runtime/random-seed.ts";
import { type NDArray, ndarray } from "../../tensor/ndarray.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { changedNoise, noise } from "../../testing/training-data.ts";
import type { Logs } from "../callbacks/callback.ts";
import { conv2d } from "../layers/convolutional/conv-2d.ts";
import { dense } from "../layers/core/dense.ts";
import { input } from "../layers/input-layer.ts";
import { batchNormalization } from "../layers/normalization/batch-normalization.ts";
import { dropout } from "../layers/regularization/dropout.ts";
import { flatten } from "../layers/reshaping/flatten.ts";
import { model as makeModel } from "../models/functional.ts";
import { type Sequential, sequential } from "../models/sequential.ts";
import { sgd } from "../optimizers/sgd.ts";

beforeAll(() => configure({ device: "wasm", threads: 2 }));
afterAll(() => configure({}));

const x = noise(1, [50, 6]);
const y = changedNoise(2, [50], (value) => Math.floor(value * 3));

function classifier(): Sequential {
  clearSession();
  const made = sequential([
    dense(8, { activation: "relu", inputShape: [6] }),
    batchNormalization(),
    dropout(0.3),
    dense(3, { activation: "softmax" }),
  ]);
  made.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return made;
}

async function bytesOf(made: Sequential): Promise<number[][]> {
  return (await made.getWeights()).map(({ data }) => [...data]);
}

test("setRandomSeed makes start values, shuffling and dropout repeatable, bit for bit", async () => {
  const run = async (seed: number): Promise<unknown> => {
    setRandomSeed(seed);
    const made = classifier();
    const { history } = await made.fit(x, y, { epochs: 2, batchSize: 8, validationSplit: 0.2, verbose: 0 });
    return [history, await bytesOf(made)];
  };
  const first = await run(7);
  expect(await run(7)).toEqual(first);
  expect(await run(8)).not.toEqual(first);
});

test("shuffling takes every example once an epoch, each epoch in another order", async () => {
  const made = sequential([dense(1, { inputShape: [1], useBias: false })]);
  made.compile({ optimizer: sgd({ learningRate: 0 }), loss: (_, yPred) => yPred });
  await made.setWeights([ndarray([[1]])]);
  const powers = Array.from({ length: 16 }, (_, i) => [2 ** i]);
  const runningMeans: number[] = [];
  const orders: string[] = [];
  const callbacks = {
    onBatchEnd: (batch: number, logs: Logs) => void (runningMeans[batch] = logs.loss!),
    onEpochEnd: () => void orders.push(runningMeans.join()),
  };
  const { history } = await made.fit(powers, powers, { epochs: 3, batchSize: 4, verbose: 0, callbacks });
  for (const mean of history.loss!) expect(mean).toBeCloseTo((2 ** 16 - 1) / 16, 6);
  expect(new Set(orders).size).toBe(3);
});

test("evaluate over batches is evaluate over all at once, and predict gives what evaluate scores", async () => {
  const made = classifier();
  const small = await made.evaluate(x, y, { batchSize: 7, verbose: 0 });
  const whole = await made.testOnBatch(x, y);
  expect(firstDifference(Object.values(small), Object.values(whole), tolerances.sum)).toBeUndefined();
  const predictions = await made.predict(x, { batchSize: 7 });
  expect(predictions.shape).toEqual([50, 3]);
  const rows = predictions.toArray() as number[][];
  const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === y.data[i]).length;
  expect(whole.accuracy).toBeCloseTo(right / 50, 6);
  expect([...(await made.predictOnBatch(x)).data]).toEqual([...predictions.data]);
});

test("trainOnBatch over the batches is what fit does without shuffling", async () => {
  const make = (): Sequential => {
    const made = sequential([
      dense(4, { activation: "tanh", inputShape: [6] }),
      dense(3, { activation: "softmax" }),
    ]);
    made.compile({ optimizer: sgd({ momentum: 0.5 }), loss: "sparse_categorical_crossentropy" });
    return made;
  };
  const [byFit, byHand] = [make(), make()];
  await byHand.setWeights(await byFit.getWeights());
  await byFit.fit(x, y, { batchSize: 25, shuffle: false, verbose: 0 });
  for (const first of [0, 25]) {
    const images = x.data.slice(first * 6, (first + 25) * 6);
    await byHand.trainOnBatch(ndarray(images, [25, 6]), y.data.slice(first, first + 25));
  }
  expect(await bytesOf(byHand)).toEqual(await bytesOf(byFit));
  expect(byHand.optimizer.iterations).toBe(byFit.optimizer.iterations);
});

test("bytes are fed as bytes and give what floats give; a missing last axis of size 1 is added", async () => {
  const made = sequential([conv2d(2, [3, 3], { inputShape: [5, 5, 1] }), flatten(), dense(2)]);
  const bytes = Uint8Array.from(noise(5, [4, 5, 5]).data, (value) => Math.floor(value * 256));
  const ofBytes = await made.predict({ data: bytes, shape: [4, 5, 5] });
  const ofFloats = await made.predict({ data: Float32Array.from(bytes), shape: [4, 5, 5, 1] });
  expect([...ofBytes.data]).toEqual([...ofFloats.data]);
});

test("labels may be bytes, integers, floats or have an axis of size 1", async () => {
  const made = classifier();
  const losses = await Promise.all(
    [
      ndarray(Uint8Array.from(y.data), [50]),
      ndarray(Int32Array.from(y.data), [50, 1]),
      ndarray(Float64Array.from(y.data), [50]),
      [...y.data],
    ].map(async (labels) => (await made.testOnBatch(x, labels)).loss),
  );
  expect(new Set(losses).size).toBe(1);
});

test("a callback may await the very model that is being fitted", async () => {
  const made = classifier();
  const during: number[] = [];
  const { history } = await made.fit(x, y, {
    epochs: 2,
    verbose: 0,
    validationData: [x, y],
    callbacks: {
      onEpochEnd: async () => void during.push((await made.evaluate(x, y, { verbose: 0 })).loss!),
    },
  });
  expect(during).toEqual(history.val_loss);
});

test("calls on one model queue up", async () => {
  const made = classifier();
  const order: string[] = [];
  await Promise.all([
    made.fit(x, y, { epochs: 3, verbose: 0 }).then(() => order.push("fit")),
    made.evaluate(x, y, { verbose: 0 }).then(() => order.push("evaluate")),
    made.predict(x).then(() => order.push("predict")),
  ]);
  expect(order).toEqual(["fit", "evaluate", "predict"]);
});

test("stopTraining ends fit after the running batch", async () => {
  const made = classifier();
  const batches: number[] = [];
  const { epoch } = await made.fit(x, y, {
    epochs: 5,
    batchSize: 5,
    verbose: 0,
    callbacks: {
      onTrainBatchEnd: (batch) => {
        batches.push(batch);
        made.stopTraining = batches.length === 13;
      },
    },
  });
  expect([batches.length, epoch, made.optimizer.iterations]).toEqual([13, [0, 1], 13]);
});

test("callbacks hear every event in Keras's order", async () => {
  const inOrder = [
    ["onTrainBegin", "onEpochBegin"],
    ["onTrainBatchBegin", "onBatchBegin", "onTrainBatchEnd", "onBatchEnd"],
    ["onTestBegin", "onTestBatchBegin", "onTestBatchEnd", "onTestEnd"],
    ["onEpochEnd", "onTrainEnd"],
  ].flat();
  const events: string[] = [];
  const callbacks = Object.fromEntries(inOrder.map((name) => [name, () => void events.push(name)]));
  await classifier().fit(x, y, { batchSize: 50, verbose: 0, validationData: [x, y], callbacks });
  expect(events).toEqual(inOrder);
});

test("losses and metrics may be functions of tensors, named after the function", async () => {
  const made = sequential([dense(1, { inputShape: [6] })]);
  const worst = (yTrue: Value, yPred: Value): Value => abs(subtract(yTrue, yPred));
  made.compile({
    optimizer: "sgd",
    loss: (yTrue, yPred) => reduceMean(worst(yTrue, yPred)),
    metrics: [worst, "mae"],
  });
  const targets = noise(4, [50, 1]);
  const { loss, worst: value, mae } = await made.evaluate(x, targets, { verbose: 0, batchSize: 50 });
  expect(value).toBeCloseTo(mae!, 6);
  expect(loss).toBeCloseTo(mae!, 6);
});

test("frozen layers keep their weights; batch normalisation moves its statistics only in training", async () => {
  const made = classifier();
  made.layers[0]!.trainable = false;
  const before = await bytesOf(made);
  await made.evaluate(x, y, { verbose: 0 });
  expect(await bytesOf(made)).toEqual(before);
  await made.fit(x, y, { verbose: 0 });
  const after = await bytesOf(made);
  const changed = made.weights.map(({ path }, i) => [path, String(after[i]) !== String(before[i])]);
  expect(changed.filter(([, isChanged]) => !isChanged).map(([path]) => path)).toEqual([
    "dense/kernel",
    "dense/bias",
  ]);
});

test("several inputs and outputs go in lists or by name", async () => {
  const [left, right] = ["left", "right"].map((name) => input([6], { name }));
  const sum = dense(4, { name: "shared" });
  const heads = [left!, right!].map((side, i) => dense(1, { name: `head${i}` }).apply(sum.apply(side)));
  const made = makeModel([left!, right!], heads);
  made.compile({ optimizer: "sgd", loss: { head0: "mse", head1: "mae" }, metrics: { head1: ["mse"] } });
  const [a, b] = [noise(6, [50, 1]), noise(7, [50, 1])];
  const z = noise(8, [50, 6]);
  const byList = await made.testOnBatch([x, z], [a, b]);
  const byName = await made.testOnBatch({ right: z, left: x }, { head1: b, head0: a });
  expect(byName).toEqual(byList);
  expect(Object.keys(byList)).toEqual(["head0_loss", "head1_loss", "head1_mse", "loss"]);
  expect(byList.loss).toBeCloseTo(byList.head0_loss! + byList.head1_loss!, 6);
  const outputs = await made.predict<NDArray[]>([x, z]);
  expect(outputs.map(({ shape }) => shape)).toEqual([
    [50, 1],
    [50, 1],
  ]);
});

test("a layer added later is part of the next program", async () => {
  const made = sequential([dense(4, { inputShape: [6] })]);
  expect((await made.predict(x)).shape).toEqual([50, 4]);
  made.add(dense(2));
  expect((await made.predict(x)).shape).toEqual([50, 2]);
});

test("a shared layer's weights follow whichever model uses them", async () => {
  const features = input([6]);
  const hidden = dense(4, { activation: "tanh" }).apply(features);
  const whole = makeModel(features, dense(1).apply(hidden));
  const inner = makeModel(features, hidden);
  const before = await inner.predict(x);
  whole.compile({ optimizer: sgd({ learningRate: 1 }), loss: "mse" });
  await whole.fit(x, noise(9, [50, 1]), { verbose: 0 });
  const after = await inner.predict(x);
  expect([...after.data]).not.toEqual([...before.data]);
  expect((await whole.predict(x)).shape).toEqual([50, 1]);
});

test("while fit runs, the main thread's timers go on ticking", async () => {
  const made = sequential([
    conv2d(16, [3, 3], { inputShape: [28, 28, 1], activation: "relu" }),
    flatten(),
    dense(10),
  ]);
  made.compile({ optimizer: "adam", loss: "mse" });
  const images = noise(10, [512, 28, 28]);
  const targets = noise(11, [512, 10]);
  await made.fit(images, targets, { verbose: 0 });
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 10);
  await made.fit(images, targets, { epochs: 4, verbose: 0 });
  clearInterval(timer);
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(1000);
});

test("fit prints one line an epoch where the output is no terminal, and nothing with verbose 0", async () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  await classifier().fit(x, y, { epochs: 2, verbose: 2, validationSplit: 0.2 });
  await classifier().fit(x, y, { verbose: 0 });
  write.mockRestore();
  const number = String.raw`\d\.\d{4}(e-\d\d)?`;
  const line = `^2/2 - \\d+s - \\d+[mu]?s/step - accuracy: ${number} - loss: ${number} - val_accuracy: ${number} - val_loss: ${number}\n$`;
  expect(lines.map((text) => (text.startsWith("Epoch") ? text : new RegExp(line).test(text)))).toEqual([
    "Epoch 1/2\n",
    true,
    "Epoch 2/2\n",
    true,
  ]);
});

test("setWeights and getWeights wait for the fit that was called before, and callbacks' own run within it", async () => {
  const made = classifier();
  await made.fit(x, y, { verbose: 0 });
  const start = await made.getWeights();
  const within: NDArray[][] = [];
  const callbacks = {
    onEpochEnd: async () => {
      await made.setWeights(start);
      within.push(await made.getWeights());
    },
  };
  const order: string[] = [];
  const training = made
    .fit(x, y, { epochs: 3, batchSize: 5, verbose: 0, callbacks })
    .then(() => order.push("fit"));
  const reading = made.getWeights().then(() => order.push("getWeights"));
  const zeros = start.map(({ shape, data }) => ndarray(new Float32Array(data.length), shape));
  const writing = made.setWeights(zeros).then(() => order.push("setWeights"));
  await Promise.all([training, reading, writing]);
  expect(order).toEqual(["fit", "getWeights", "setWeights"]);
  expect(within).toEqual([start, start, start]);
  expect((await made.getWeights()).map(({ data }) => [...data])).toEqual(zeros.map(({ data }) => [...data]));
});

test("more steps than the data give are warned about once, and training goes on", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const options = { epochs: 3, batchSize: 25, verbose: 0 } as const;
  const { history } = await classifier().fit(x, y, { ...options, stepsPerEpoch: 5 });
  expect(history.loss).toHaveLength(3);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining("ran out of data: an epoch ends after 2 of 5 steps"),
  );
  warn.mockClear();
  await classifier().fit(x, y, { ...options, stepsPerEpoch: 1 });
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
