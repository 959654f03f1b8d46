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
  expect(error.message).toMatch(/the largest parts are .*wide.*30\.03 GB/);
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

function digits(count: number): { data: Float32Array; shape: number[] } {
  return { data: new Float32Array(count * 28 * 28), shape: [count, 28, 28, 1] };
}

function digitModel(): Sequential {
  const model = threeNetworks[1].make();
  model.compile({ optimizer: "adam", loss: threeNetworks[1].loss, metrics: ["accuracy"] });
  return model;
}

describe.each(["wasm", "auto"] as const)("in little memory, device %s", (device) => {
  test.each([
    { megabytes: 4, rows: 64, validationSplit: 0 },
    { megabytes: 3, rows: 64, validationSplit: 0.25 },
    { megabytes: 3, rows: 100, validationSplit: 0 },
    { megabytes: 5, rows: 200, validationSplit: 0.1 },
  ])("the advice holds when it is followed: %o", async ({ megabytes, rows, validationSplit }) => {
    configure({ device, threads: 2, memoryLimit: megabytes * 2 ** 20 });
    const model = digitModel();
    const fit = (batchSize: number) =>
      model.fit(digits(rows), new Int32Array(rows), { batchSize, epochs: 3, validationSplit, verbose: 0 });
    const { fittingBatchSize: fitting, message } = await refusalOf(fit(64));
    expect(message).toMatch(/the largest parts are .*max_pooling2d/);
    expect(fitting).toBeGreaterThan(1);
    expect((await fit(fitting!)).history.loss).toHaveLength(3);
  });

  test("so does that of a call that brings its data", async () => {
    configure({ device, threads: 2, memoryLimit: 4 * 2 ** 20 });
    const model = digitModel();
    const train = (rows: number) => model.trainOnBatch(digits(rows), new Int32Array(rows));
    const { fittingBatchSize: fitting } = await refusalOf(train(100));
    expect(fitting).toBeGreaterThan(1);
    expect((await train(fitting!)).loss).toBeGreaterThan(0);
  });

  test("memory of models that were dropped comes back", async () => {
    configure({ device, threads: 2, memoryLimit: 4 * 2 ** 20 });
    for (let i = 0; i < 12; i++) {
      const history = await digitModel().fit(digits(16), new Int32Array(16), { batchSize: 8, verbose: 0 });
      expect(history.history.loss).toHaveLength(1);
    }
  });
});

test("weights that do not fit are refused before they are computed", async () => {
  const model = sequential([dense(40_000, { name: "wide", inputShape: [40_000] })]);
  const start = performance.now();
  const error = await refusalOf(model.predict({ data: new Float32Array(40_000), shape: [1, 40_000] }));
  expect(performance.now() - start).toBeLessThan(5000);
  expect(error.message).toMatch(
    /^the model with its weights needs 5\.96 GB of memory, but [34]\.\d\d GB are available, .* wide\/kernel, 5\.96 GB/,
  );
});

test("the optimizer's variables count before they are made", async () => {
  configure({ device: "wasm", threads: 2, memoryLimit: 4 * 2 ** 20 });
  const model = sequential([dense(400, { inputShape: [1000] })]);
  model.compile({ optimizer: "adam", loss: "mean_squared_error" });
  const [x, y] = [new Float32Array(1000), new Float32Array(400)];
  const call = model.fit({ data: x, shape: [1, 1000] }, { data: y, shape: [1, 400] }, { verbose: 0 });
  expect((await refusalOf(call)).message).toContain("Not even a batch size of 1 would fit");
  expect((await model.predict({ data: x, shape: [1, 1000] })) as object).toHaveProperty("shape", [1, 400]);
});

test("an input larger than one buffer can be is named", async () => {
  const model = sequential([globalAveragePooling2d({ inputShape: [24_000, 24_000, 1] })]);
  const error = await refusalOf(model.explain({ batchSize: 1, measure: true, print: false }));
  expect(error.message).toMatch(/a single buffer can take 2 GB at most, but there is x\.0, 2\.15 GB/);
  expect(error.planBytes).toBeGreaterThan(24_000 ** 2 * 4);
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
    const { arenaBytes, liveBytes, sliceBytes, liveSliceBytes, slices } = explainPlan(
      planProgram(trainer.programs.exampleProgram("train", batch), target),
    );
    expect(liveBytes).toBeGreaterThan(0);
    expect(arenaBytes / liveBytes).toBeGreaterThanOrEqual(1);
    expect(arenaBytes / liveBytes).toBeLessThanOrEqual(1.15);
    expect(sliceBytes).toBeGreaterThanOrEqual(liveSliceBytes);
    expect(sliceBytes).toBeLessThanOrEqual(1.15 * liveSliceBytes);
    expect(Math.max(0, ...slices.map(({ offset, bytes }) => offset + bytes))).toBe(sliceBytes);
  });
});

test("the memory limit is checked", () => {
  expect(() => configure({ memoryLimit: 1.5 })).toThrow(
    "memoryLimit must be a whole number of bytes from 1048576 (1 MiB) to 4294967296 (4 GiB); got 1.5",
  );
});
