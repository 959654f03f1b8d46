import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Value } from "../../graph/value.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { abs } from "../../ops/unary/abs.ts";
import { configure, currentDevice } from "../../runtime/configure.ts";
import type { CpuDevice } from "../../runtime/cpu/device.ts";
import { compilerToolchain } from "../../runtime/cpu/program/toolchain.ts";
import { type NDArray, ndarray } from "../../tensor/ndarray.ts";
import { threeNetworks } from "../../testing/three-networks.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { changedNoise, noise } from "../../testing/training-data.ts";
import type { Logs } from "../callbacks/callback.ts";
import { conv2d } from "../layers/convolutional/conv-2d.ts";
import { dense } from "../layers/core/dense.ts";
import { input } from "../layers/input-layer.ts";
import { Layer } from "../layers/layer.ts";
import { batchNormalization } from "../layers/normalization/batch-normalization.ts";
import { maxPooling2d } from "../layers/pooling/max-pooling-2d.ts";
import { flatten } from "../layers/reshaping/flatten.ts";
import { meanSquaredError } from "../losses/mean-squared-error.ts";
import { model } from "../models/functional.ts";
import type { Model } from "../models/model.ts";
import { sequential } from "../models/sequential.ts";
import { sgd } from "../optimizers/sgd.ts";
import type { CompileOptions } from "./compile-options.ts";

beforeEach(() => configure({ device: "wasm", threads: 2 }));
afterEach(() => vi.restoreAllMocks());
afterAll(() => configure({}));

/** Its result for an example depends on the whole batch. */
class CenterBatch extends Layer {
  override call(x: Value): Value {
    return subtract(x, reduceMean(x, { axes: [0] }));
  }

  override computeOutputShape<Shape>(shape: Shape): Shape {
    return shape;
  }
}

test("a last, smaller batch is predicted by the same program, bit for bit as by one of its own", async () => {
  const model = threeNetworks[1].make();
  const images = noise(1, [11, 28, 28, 1]);
  const whole = await model.predict(images, { batchSize: 11 });
  const plan = vi.spyOn(compilerToolchain, "plan");
  const cut = await model.predict(images, { batchSize: 4 });
  expect(plan).toHaveBeenCalledTimes(1);
  expect(cut.shape).toEqual([11, 10]);
  expect([...cut.data]).toEqual([...whole.data]);
});

test("a model whose examples depend on each other gets a program for the last batch", async () => {
  const model = sequential([flatten({ inputShape: [3] }), new CenterBatch()]);
  const plan = vi.spyOn(compilerToolchain, "plan");
  const rows = [
    [1, 2, 3],
    [5, 6, 7],
    [10, 20, 30],
  ];
  const centered = await model.predict(rows, { batchSize: 2 });
  expect(plan).toHaveBeenCalledTimes(2);
  expect(centered.toArray()).toEqual([
    [-2, -2, -2],
    [2, 2, 2],
    [0, 0, 0],
  ]);
});

interface Masked {
  readonly make: () => Model;
  readonly y: NDArray | NDArray[];
  readonly compile: CompileOptions;
  readonly sampleWeight?: NDArray;
}

const examples = 22;
const images = noise(4, [examples, 8, 8, 2]);
const classes = changedNoise(5, [examples], (value) => Math.floor(value * 3));
const targets = noise(6, [examples, 3]);
const sampleWeight = changedNoise(7, [examples], (value) => value + 0.5);

function convolutional(activation: "softmax" | "linear"): Model {
  return sequential([
    conv2d(4, [3, 3], { activation: "relu", inputShape: [8, 8, 2] }),
    maxPooling2d([2, 2]),
    flatten(),
    dense(3, { activation }),
  ]);
}

function twoHeaded(): Model {
  const x = input([8, 8, 2]);
  const features = flatten().apply(conv2d(3, [3, 3], { activation: "tanh" }).apply(x));
  return model(x, [dense(3, { name: "a" }).apply(features), dense(3, { name: "b" }).apply(features)]);
}

const maskedCases: Readonly<Record<string, Masked>> = {
  "a classifier": {
    make: () => convolutional("softmax"),
    y: classes,
    compile: { optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] },
  },
  "weighted examples": {
    make: () => convolutional("linear"),
    y: targets,
    compile: { optimizer: sgd({ momentum: 0.9 }), loss: "mse", metrics: ["mae"], weightedMetrics: ["mse"] },
    sampleWeight,
  },
  "a sum over the batch": {
    make: () => convolutional("linear"),
    y: targets,
    compile: { optimizer: sgd({ learningRate: 1e-3 }), loss: meanSquaredError({ reduction: "sum" }) },
  },
  "a mean over weights": {
    make: () => convolutional("linear"),
    y: targets,
    compile: { optimizer: "sgd", loss: meanSquaredError({ reduction: "mean_with_sample_weight" }) },
    sampleWeight,
  },
  "two outputs": {
    make: twoHeaded,
    y: [targets, noise(8, [examples, 3])],
    compile: {
      optimizer: "rmsprop",
      loss: ["mse", (yTrue, yPred) => abs(subtract(yTrue, yPred))],
      lossWeights: [0.3, 2],
    },
  },
};

function rowsOf(array: NDArray, from: number, to: number): NDArray {
  const [rows, ...rowShape] = array.shape;
  const row = array.data.length / rows!;
  return ndarray(array.data.slice(from * row, to * row) as Float32Array, [to - from, ...rowShape]);
}

/** Epochs of `fit`, and the same steps one by one, each with a program of its own size; from the same weights. */
async function fitBothWays({ make, y, compile, sampleWeight }: Masked): Promise<{
  readonly values: readonly [number[], number[]];
  readonly plans: number;
}> {
  const [whole, stepwise] = [make(), make()];
  for (const made of [whole, stepwise]) made.compile(compile);
  await stepwise.setWeights(await whole.getWeights());
  const plan = vi.spyOn(compilerToolchain, "plan");
  const options = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 } as const;
  await whole.fit(images, y, { ...options, ...(sampleWeight && { sampleWeight }) });
  const plans = plan.mock.calls.length;
  const cut = <T extends NDArray | NDArray[]>(data: T, from: number, to: number): NDArray | NDArray[] =>
    Array.isArray(data) ? data.map((each) => rowsOf(each, from, to)) : rowsOf(data, from, to);
  for (let epoch = 0; epoch < 2; epoch++)
    for (let from = 0; from < examples; from += 8) {
      const to = Math.min(from + 8, examples);
      const weights = sampleWeight && { sampleWeight: rowsOf(sampleWeight, from, to) };
      await stepwise.trainOnBatch(rowsOf(images, from, to), cut(y, from, to), { ...weights });
    }
  const numbers = async (made: Model): Promise<number[]> =>
    (await made.getWeights()).flatMap(({ data }) => Array.from(data as Float32Array));
  return { values: [await numbers(whole), await numbers(stepwise)], plans };
}

test.each(Object.keys(maskedCases))(
  "a last, smaller batch is trained by the same program, as by one of its own: %s",
  async (name) => {
    const { values, plans } = await fitBothWays(maskedCases[name]!);
    expect(plans).toBe(1);
    expect(firstDifference(values[0], values[1], tolerances.trajectory)).toBeUndefined();
  },
);

test.each(Object.keys(maskedCases))(
  "losses and metrics do not depend on how data are cut into batches: %s",
  async (name) => {
    const { make, y, compile, sampleWeight: given } = maskedCases[name]!;
    const made = make();
    made.compile(compile);
    const weights = given && { sampleWeight: given };
    const whole = await made.testOnBatch(images, y, { ...weights });
    const plan = vi.spyOn(compilerToolchain, "plan");
    const cut = await made.evaluate(images, y, { batchSize: 8, verbose: 0, ...weights });
    expect(plan).toHaveBeenCalledTimes(1);
    const { loss } = compile;
    // A sum, or a mean over weights, is no mean over examples: an epoch's value is the mean of the batches'.
    const isMean = typeof loss !== "object" || Array.isArray(loss);
    const names = Object.keys(whole).filter((key) => isMean || key !== "loss");
    const of = (logs: Logs): number[] => names.map((key) => logs[key] as number);
    expect(firstDifference(of(cut), of(whole), tolerances.sum)).toBeUndefined();
  },
);

test.each<[string, () => Model, CompileOptions["loss"]]>([
  [
    "batch normalization",
    () => sequential([batchNormalization({ inputShape: [8, 8, 2] }), flatten(), dense(3)]),
    "mse",
  ],
  [
    "a loss over the whole batch",
    () => convolutional("linear"),
    (yTrue, yPred) => reduceMean(abs(subtract(yTrue, yPred))),
  ],
])(
  "where examples are not apart, the last batch is trained by a program of its own: %s",
  async (_, make, loss) => {
    const given = { make, y: targets, compile: { optimizer: "adam", loss } } as const;
    const { values, plans } = await fitBothWays(given);
    expect(plans).toBe(2);
    expect(values[0]).toEqual(values[1]);
  },
);

test("two hundred batch sizes leave no more memory in use than a full cache of programs", {
  timeout: 120_000,
}, async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const model = sequential([dense(4, { activation: "relu", inputShape: [6] }), dense(3)]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  const x = noise(2, [200, 6]);
  const y = noise(3, [200, 3]);
  const device = (await currentDevice()) as CpuDevice;
  const train = async (from: number, to: number): Promise<number> => {
    for (let size = from; size <= to; size++) {
      const rows = (data: Float32Array, width: number) => ({
        data: data.slice(0, size * width),
        shape: [size, width],
      });
      await model.trainOnBatch(rows(x.data as Float32Array, 6), rows(y.data as Float32Array, 3));
    }
    for (let turn = 0; turn < 5; turn++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return device.memoryInUse;
  };
  const early = await train(1, 10);
  const full = await train(11, 100);
  const late = await train(101, 200);
  expect(full - early).toBeLessThan(2 ** 20);
  expect(late - full).toBeLessThan(64 * 1024);
});
