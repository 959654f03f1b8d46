import { afterAll, afterEach, describe, expect, test } from "vitest";
import { planProgram } from "../../compiler/compile.ts";
import { explainPlan } from "../../compiler/explain/explain-plan.ts";
import { avx512Target, wasmTarget } from "../../compiler/target.ts";
import { configure } from "../../runtime/configure.ts";
import { PlanMemoryError } from "../../runtime/plan-memory-error.ts";
import { resnet20, uShapedNetwork } from "../../testing/deep-networks.ts";
import { threeNetworks } from "../../testing/three-networks.ts";
import { conv2d } from "../layers/convolutional/conv-2d.ts";
import { dense } from "../layers/core/dense.ts";
import { globalAveragePooling2d } from "../layers/pooling/global-average-pooling-2d.ts";
import type { LossName } from "../losses/get-loss.ts";
import type { Model } from "../models/model.ts";
import { type Sequential, sequential } from "../models/sequential.ts";
import { fittingBatchSize } from "./fitting-batch-size.ts";
import { Trainer } from "./trainer.ts";

afterAll(() => configure({}));
afterEach(() => configure({ device: "wasm", threads: 2 }));
configure({ device: "wasm", threads: 2 });

function wideNetwork(filters: number): Sequential {
  const model = sequential([
    conv2d(filters, 3, { name: "wide", activation: "relu", inputShape: [64, 64, 1] }),
    globalAveragePooling2d(),
    dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
  return model;
}

function images(count: number): { data: Float32Array; shape: number[] } {
  return { data: new Float32Array(count * 64 * 64), shape: [count, 64, 64, 1] };
}

async function refusalOf(call: Promise<unknown>): Promise<PlanMemoryError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PlanMemoryError);
  return error as PlanMemoryError;
}

test("a step of 32 GB is refused with its size, its largest buffers and their layers, and weights stay", async () => {
  const model = wideNetwork(4096);
  const before = await model.getWeights();
  const error = await refusalOf(model.fit(images(512), new Int32Array(512), { batchSize: 512, verbose: 0 }));
  const activations = 512 * 62 * 62 * 4096 * 4;
  expect(error.planBytes).toBeGreaterThanOrEqual(activations);
  expect(error.availableBytes).toBeLessThanOrEqual(2 ** 32);
  expect(error.buffers[0]!.origin).toContain("wide");
  expect(error.buffers[0]!.bytes).toBe(activations);
  expect(error.message).toContain(`${(error.planBytes / 2 ** 30).toFixed(2)} GB`);
  expect(error.message).toMatch(/its largest buffers are .*wide.*30\.03 GB/);
  expect(error.message).toContain(`A batch size of ${error.fittingBatchSize} would fit.`);
  const after = await model.getWeights();
  expect(after.map((weight) => [...weight.data])).toEqual(before.map((weight) => [...weight.data]));
});

test("the batch size that the refusal names runs, and one a twentieth larger does not", async () => {
  configure({ device: "wasm", threads: 2, memoryLimit: 64 * 2 ** 20 });
  const model = wideNetwork(64);
  const { fittingBatchSize: fitting } = await refusalOf(
    model.fit(images(256), new Int32Array(256), { batchSize: 256, verbose: 0 }),
  );
  expect(fitting).toBeGreaterThan(5);
  const larger = Math.ceil(fitting! * 1.05) + 1;
  await refusalOf(model.fit(images(256), new Int32Array(256), { batchSize: larger, verbose: 0 }));
  const history = await model.fit(images(256), new Int32Array(256), { batchSize: fitting!, verbose: 0 });
  expect(history.history.loss).toHaveLength(1);
});

test("what does not fit at all says so", async () => {
  configure({ device: "wasm", threads: 2, memoryLimit: 2 ** 20 });
  const error = await refusalOf(wideNetwork(512).predict(images(2)));
  expect(error.fittingBatchSize).toBe(0);
  expect(error.message).toContain("Not even a batch size of 1 would fit");
});

test("a step that does not fit can still be explained", async () => {
  const text = await wideNetwork(64).explain({ batchSize: 2 ** 20, print: false });
  expect(text).toContain("batch size 1048576");
  expect(text).toMatch(/Memory plan: [\d.]+ TB/);
});

test.each([
  { fixed: 0, each: 10, available: 1000, refused: 200, most: 100 },
  { fixed: 300, each: 7, available: 1000, refused: 101, most: 100 },
  { fixed: 990, each: 7, available: 1000, refused: 64, most: 1 },
  { fixed: 994, each: 7, available: 1000, refused: 64, most: 0 },
])("the fitting batch of $fixed + $each a row in $available is close below $most", async (example) => {
  const { fixed, each, available, refused, most } = example;
  const bytesOf = (batch: number): number => fixed + each * batch;
  const found = await fittingBatchSize(refused, bytesOf(refused), available, async (batch) => ({
    bytes: bytesOf(batch),
    fits: bytesOf(batch) <= available,
  }));
  expect(found).toBeLessThanOrEqual(most);
  expect(found).toBeGreaterThanOrEqual(Math.floor(most * 0.97));
});

describe("the plan of a training step takes at most 1.15 times the bytes that are alive at once", () => {
  const networks: Readonly<
    Record<string, { make: () => Model; loss: LossName; batches: readonly number[] }>
  > = {
    "network 1": { ...threeNetworks[1], batches: [1, 32, 100] },
    "network 2": { ...threeNetworks[2], batches: [1, 32, 100] },
    "network 3": { ...threeNetworks[3], batches: [1, 32] },
    "ResNet-20": { make: resnet20, loss: "categorical_crossentropy", batches: [1, 32] },
    "a U-shaped network": {
      make: () => uShapedNetwork(64, 8, 3),
      loss: "binary_crossentropy",
      batches: [1, 16],
    },
  };
  const cases = Object.entries(networks).flatMap(([name, { make, loss, batches }]) =>
    batches.flatMap((batch) =>
      [wasmTarget, avx512Target].map((target) => ({
        name,
        make,
        loss,
        batch,
        target,
        printer: target.printer,
      })),
    ),
  );

  test.each(cases)("$name, batch $batch, $printer", ({ make, loss, batch, target }) => {
    const trainer = new Trainer(make());
    trainer.compile({ optimizer: "adam", loss, metrics: ["accuracy"] });
    const { arenaBytes, liveBytes } = explainPlan(
      planProgram(trainer.programs.exampleProgram("train", batch), target),
    );
    expect(liveBytes).toBeGreaterThan(0);
    expect(arenaBytes / liveBytes).toBeGreaterThanOrEqual(1);
    expect(arenaBytes / liveBytes).toBeLessThanOrEqual(1.15);
  });
});

test("the memory limit is checked", () => {
  expect(() => configure({ memoryLimit: 1.5 })).toThrow(
    "memoryLimit must be a whole number of bytes from 1048576 (1 MiB) to 4294967296 (4 GiB); got 1.5",
  );
});
