/** What fits into a fresh device's memory fits after any sequence of finished calls. */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { configure } from "../../runtime/configure.ts";
import { PlanMemoryError } from "../../runtime/plan-memory-error.ts";
import { conv2d } from "../layers/convolutional/conv-2d.ts";
import { dense } from "../layers/core/dense.ts";
import { globalAveragePooling2d } from "../layers/pooling/global-average-pooling-2d.ts";
import { maxPooling2d } from "../layers/pooling/max-pooling-2d.ts";
import { type Sequential, sequential } from "../models/sequential.ts";

afterAll(() => configure({}));

const rows = 24;

function network(): Sequential {
  const model = sequential([
    conv2d(16, 3, { activation: "relu", inputShape: [24, 24, 3] }),
    conv2d(32, 3, { activation: "relu" }),
    maxPooling2d(2),
    conv2d(32, 3, { activation: "relu" }),
    globalAveragePooling2d(),
    dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return model;
}

function images(count: number): { data: Float32Array; shape: number[] } {
  return { data: new Float32Array(count * 24 * 24 * 3).fill(0.1), shape: [count, 24, 24, 3] };
}

const calls = {
  fit: (model, batch) =>
    model.fit(images(rows), new Int32Array(rows), { batchSize: batch, epochs: 1, verbose: 0 }),
  evaluate: (model, batch) =>
    model.evaluate(images(rows), new Int32Array(rows), { batchSize: batch, verbose: 0 }),
  predict: (model, batch) => model.predict(images(batch), { batchSize: batch }),
  trainOnBatch: (model, batch) => model.trainOnBatch(images(batch), new Int32Array(batch)),
} satisfies Readonly<Record<string, (model: Sequential, batch: number) => Promise<unknown>>>;

type Call = readonly [name: keyof typeof calls, batch: number];

/** Undefined where the call ran. */
async function refusal(model: Sequential, [name, batch]: Call): Promise<PlanMemoryError | undefined> {
  try {
    await calls[name](model, batch);
    return undefined;
  } catch (error) {
    if (error instanceof PlanMemoryError) return error;
    throw error;
  }
}

const anyCall: fc.Arbitrary<Call> = fc.tuple(
  fc.constantFrom<keyof typeof calls>("fit", "evaluate", "predict", "trainOnBatch"),
  fc.constantFrom(1, 2, 3, 5, 8, 11, rows),
);

describe.each(["wasm", "auto"] as const)("device %s", (device) => {
  /** Bytes of a limit, in steps of 64 KB, in which a fit of that batch just runs in a fresh device. */
  async function leastMemory(batch: number): Promise<number> {
    let [refused, runs] = [16, 128];
    while (runs - refused > 1) {
      const limit = Math.floor((refused + runs) / 2);
      configure({ device, threads: 2, memoryLimit: limit * 65536 });
      if ((await refusal(network(), ["fit", batch])) === undefined) runs = limit;
      else refused = limit;
    }
    return runs * 65536;
  }

  test("the advice holds in this process and in a fresh one, also after other calls", async () => {
    for (const megabytes of [3, 5]) {
      configure({ device, threads: 2, memoryLimit: megabytes * 2 ** 20 });
      const model = network();
      const advised = (await refusal(model, ["fit", rows]))!.fittingBatchSize!;
      expect(advised).toBeGreaterThan(0);
      for (const call of [
        ["fit", advised],
        ["fit", advised + 2],
        ["evaluate", 1],
        ["fit", advised],
        ["predict", 2],
        ["trainOnBatch", advised],
        ["fit", advised],
      ] as const) {
        const refused = await refusal(model, call);
        if (call[1] > advised) expect(refused?.fittingBatchSize ?? advised).toBeGreaterThanOrEqual(advised);
        else expect(refused, String(call)).toBeUndefined();
      }
      configure({ device, threads: 2, memoryLimit: megabytes * 2 ** 20 });
      expect(await refusal(network(), ["fit", advised])).toBeUndefined();
    }
  });

  test("a fit for which a fresh device has just enough memory runs after any calls", async () => {
    const memoryLimit = await leastMemory(5);
    await fc.assert(
      fc.asyncProperty(fc.array(anyCall, { minLength: 1, maxLength: 8 }), async (before) => {
        configure({ device, threads: 2, memoryLimit });
        const model = network();
        for (const call of before) {
          const refused = await refusal(model, call);
          if (refused === undefined) continue;
          expect(refused.planBytes).toBeGreaterThan(refused.availableBytes);
          expect(refused.fittingBatchSize).toBeGreaterThan(0);
          expect(await refusal(model, [call[0], refused.fittingBatchSize!])).toBeUndefined();
        }
        expect(await refusal(model, ["fit", 5])).toBeUndefined();
      }),
      { numRuns: 6, seed: 20_261_123 },
    );
  });
});
