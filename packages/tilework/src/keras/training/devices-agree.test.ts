/** Whole networks train to the same bits with machine code and with WebAssembly, on any number of threads. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configure, setRandomSeed } from "../../index.ts";
import type { Configuration } from "../../runtime/configuration.ts";
import { resnet20, uShapedNetwork } from "../../testing/deep-networks.ts";
import { formulaInputs } from "../../testing/formula-data.ts";
import { layerContracts, publicFactory } from "../../testing/layer-contract.ts";
import { canRunX64 } from "../../testing/run-x64-kernels.ts";
import { threeNetworks } from "../../testing/three-networks.ts";
import { batchOf, noise, oneHotRows } from "../../testing/training-data.ts";
import { dense } from "../layers/core/dense.ts";
import { input } from "../layers/input-layer.ts";
import { flatten } from "../layers/reshaping/flatten.ts";
import { model } from "../models/functional.ts";
import type { Model } from "../models/model.ts";

interface Example {
  readonly title: string;
  make(): Model;
  readonly loss: "sparse_categorical_crossentropy" | "categorical_crossentropy" | "mean_squared_error";
  readonly x: Parameters<Model["trainOnBatch"]>[0];
  readonly y: Parameters<Model["trainOnBatch"]>[1];
}

const networks = ([1, 2, 3] as const).map((number): Example => {
  const { imageShape, loss, make } = threeNetworks[number];
  const { images, labels } = batchOf(number, imageShape, 3, 0);
  const y = loss === "categorical_crossentropy" ? oneHotRows(labels) : labels;
  return { title: `network ${number}`, make, loss, x: images, y };
});

const { images, labels } = batchOf(4, [32, 32, 3], 2, 0);
const deep: Example[] = [
  { title: "ResNet-20", make: resnet20, loss: "sparse_categorical_crossentropy", x: images, y: labels },
  {
    title: "a U-shaped network",
    make: () => uShapedNetwork(16, 6, 2),
    loss: "mean_squared_error",
    x: noise(1, [2, 16, 16, 3]),
    y: noise(2, [2, 16, 16, 1]),
  },
];

const layers = layerContracts.map(({ className, factory, positional, inputs }): Example => {
  const rows = inputs[0]![0]!;
  return {
    title: className,
    make: () => {
      const tensors = inputs.map((shape) => input(shape.slice(1)));
      const features = flatten().apply(publicFactory(factory)(...positional).apply(tensors));
      return model(tensors, dense(3).apply(features));
    },
    loss: "mean_squared_error",
    x: inputs.map((shape) => ({ data: Float32Array.from(formulaInputs.ordinary(shape).data), shape })),
    y: { data: Float32Array.from({ length: rows * 3 }, (_, i) => i % 3), shape: [rows, 3] },
  };
});

const others: readonly Configuration[] = [
  { device: "wasm", threads: 2 },
  ...(canRunX64("avx512") ? [{ device: "x64", instructions: "avx512", threads: 2 } as const] : []),
  ...(canRunX64("avx2") ? [{ device: "x64", instructions: "avx2", threads: 3 } as const] : []),
];

async function trainedBits({ make, loss, x, y }: Example): Promise<object> {
  setRandomSeed(5);
  const network = make();
  network.compile({ optimizer: "adam", loss });
  const losses = [await network.trainOnBatch(x, y), await network.trainOnBatch(x, y)];
  const weights = await network.getWeights();
  return { losses, weights: weights.map(({ data }) => new Int32Array(data.slice().buffer)) };
}

const examples = [...networks, ...deep, ...layers];
const expected = new Map<Example, object>();

beforeAll(async () => {
  configure({ device: "wasm", threads: 1 });
  for (const example of examples) expected.set(example, await trainedBits(example));
}, 120_000);

afterAll(() => configure({}));

describe.each(others)(
  "as on one thread of WebAssembly: $device $instructions, $threads threads",
  (configuration) => {
    beforeAll(() => configure(configuration));

    test.each(examples)("$title", async (example) => {
      expect(await trainedBits(example)).toEqual(expected.get(example));
    });
  },
);
