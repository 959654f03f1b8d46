/** Expected epochs and learning rates are those of real Keras 3.15 on the same watched values. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { configure } from "../../runtime/configure.ts";
import { ndarray } from "../../tensor/ndarray.ts";
import { dense } from "../layers/core/dense.ts";
import { type Sequential, sequential } from "../models/sequential.ts";
import { sgd } from "../optimizers/sgd.ts";
import type { Logs } from "./callback.ts";
import * as callbacks from "./callbacks.ts";

beforeAll(() => configure({ device: "reference" }));
afterAll(() => configure({}));

/** A model of one weight, which each epoch of one step raises by 1: its loss is the prediction, -weight. */
async function counter(): Promise<Sequential> {
  const model = sequential([dense(1, { inputShape: [1], useBias: false })]);
  model.compile({ optimizer: sgd({ learningRate: 1 }), loss: (_, yPred) => yPred });
  await model.setWeights([ndarray([[0]])]);
  return model;
}

/** Feeds the values to a callback epoch by epoch, as if they were the watched ones. */
async function run(
  model: Sequential,
  watcher: callbacks.CallbackLike,
  values: readonly number[],
): Promise<{ epochs: number; weight: number; rates: number[] }> {
  const rates: number[] = [];
  const setValue = { onEpochEnd: (epoch: number, logs: Logs) => void (logs.score = values[epoch]!) };
  const noteRate = { onEpochEnd: () => void rates.push(model.optimizer.learningRate) };
  const { epoch } = await model.fit([[-1]], [[0]], {
    epochs: values.length,
    verbose: 0,
    callbacks: [setValue, watcher, noteRate],
  });
  const [weight] = await model.getWeights();
  return { epochs: epoch.length, weight: weight!.data[0]!, rates };
}

const watched = { monitor: "score", mode: "min" } as const;

test.each([
  { options: {}, values: [3, 2, 1, 2, 1], epochs: 4 },
  { options: { patience: 2 }, values: [3, 2, 2, 2, 1], epochs: 4 },
  { options: { patience: 3 }, values: [3, 2, 2, 1, 1, 1, 1, 1], epochs: 7 },
  { options: { minDelta: 0.5, patience: 1 }, values: [3, 2.8, 1], epochs: 2 },
  { options: { mode: "max" as const, patience: 1 }, values: [1, 2, 3, 2, 5], epochs: 4 },
  { options: { baseline: 1, patience: 2 }, values: [3, 2, 2.5, 1.2], epochs: 3 },
  { options: { startFromEpoch: 3 }, values: [1, 2, 3, 4, 5, 6], epochs: 5 },
])("earlyStopping($options) ends after epoch $epochs of $values", async ({ options, values, epochs }) => {
  const result = await run(await counter(), callbacks.earlyStopping({ ...watched, ...options }), values);
  expect(result.epochs).toBe(epochs);
});

test("earlyStopping brings the best epoch's weights back, also when training ends by itself", async () => {
  const best = callbacks.earlyStopping({ ...watched, patience: 2, restoreBestWeights: true });
  expect(await run(await counter(), best, [5, 3, 4, 4, 1])).toMatchObject({ epochs: 4, weight: 2 });
  expect([best.bestEpoch, best.stoppedEpoch]).toEqual([1, 3]);
  expect(await run(await counter(), best, [5, 4, 3])).toMatchObject({ epochs: 3, weight: 3 });
});

test("a value that is not there is warned about and stops nothing", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const result = await run(await counter(), callbacks.earlyStopping(), [1, 1, 1]);
  expect(result.epochs).toBe(3);
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining('there is no value "val_loss" to watch; there are: loss'),
  );
  warn.mockRestore();
});

test("a metric whose best is unknown needs a mode", async () => {
  const watcher = callbacks.earlyStopping({ monitor: "score" });
  await expect(run(await counter(), watcher, [1, 1])).rejects.toThrow('pass mode: "max" or mode: "min"');
});

test.each([
  { options: { factor: 0.5, patience: 1 }, values: [2, 2, 2, 1], rates: [1, 0.5, 0.25, 0.25] },
  { options: { factor: 0.5, patience: 2 }, values: [2, 2, 2, 2, 2], rates: [1, 1, 0.5, 0.5, 0.25] },
  {
    options: { factor: 0.5, patience: 1, cooldown: 2 },
    values: [2, 2, 2, 2, 2],
    rates: [1, 0.5, 0.5, 0.25, 0.25],
  },
  { options: { factor: 0.1, patience: 1, minLr: 0.05 }, values: [2, 2, 2, 2], rates: [1, 0.1, 0.05, 0.05] },
])("reduceLROnPlateau($options) over $values gives $rates", async ({ options, values, rates }) => {
  const result = await run(await counter(), callbacks.reduceLROnPlateau({ ...watched, ...options }), values);
  result.rates.forEach((rate, i) => {
    expect(rate).toBeCloseTo(rates[i]!, 12);
  });
});

test("learningRateScheduler sets the rate of each epoch, and the history shows it", async () => {
  const model = await counter();
  const scheduler = callbacks.learningRateScheduler((epoch, rate) => (epoch < 2 ? rate : rate / 2));
  const { history } = await model.fit([[-1]], [[0]], { epochs: 4, verbose: 0, callbacks: scheduler });
  expect(history.learning_rate).toEqual([1, 1, 0.5, 0.25]);
  const [weight] = await model.getWeights();
  expect(weight!.data[0]).toBeCloseTo(2.75, 6);
});

test("lambdaCallback, subclasses and plain objects hear the same", async () => {
  class Mine extends callbacks.Callback {
    readonly losses: number[] = [];
    onEpochEnd(_epoch: number, logs: Logs): void {
      this.losses.push(logs.loss!);
      expect(this.model.name).toContain("sequential");
      expect(this.params).toMatchObject({ epochs: 2, steps: 1, verbose: 0 });
    }
  }
  const [mine, byLambda, byObject] = [new Mine(), [] as number[], [] as number[]];
  const model = await counter();
  const { history } = await model.fit([[-1]], [[0]], {
    epochs: 2,
    verbose: 0,
    callbacks: [
      mine,
      callbacks.lambdaCallback({ onEpochEnd: (_, logs) => void byLambda.push(logs.loss!) }),
      { onEpochEnd: (_, logs) => void byObject.push(logs.loss!) },
    ],
  });
  expect([mine.losses, byLambda, byObject]).toEqual([history.loss, history.loss, history.loss]);
});

test.each([
  [() => callbacks.lambdaCallback({ onEpochFinish: () => {} } as object), "no event is called"],
  [() => callbacks.reduceLROnPlateau({ factor: 1 }), "factor must be a number from 0 to below 1, got 1"],
  [
    () => callbacks.earlyStopping({ mode: "maximum" as "max" }),
    'mode must be "auto" or "min" or "max", got "maximum"',
  ],
])("refuses %s", (make, message) => {
  expect(make).toThrow(message);
});

test.each<[string, () => unknown, string]>([
  [
    "an unknown option of earlyStopping",
    () => callbacks.earlyStopping({ patence: 3 } as never),
    'earlyStopping: has no option "patence"; did you mean "patience"?',
  ],
  [
    "a negative patience",
    () => callbacks.earlyStopping({ patience: -1 }),
    "earlyStopping: patience must be a whole number of at least 0, got -1",
  ],
  [
    "an unknown option of reduceLROnPlateau",
    () => callbacks.reduceLROnPlateau({ minLR: 0 } as never),
    'did you mean "minLr"?',
  ],
  [
    "an unknown option of learningRateScheduler",
    () => callbacks.learningRateScheduler(() => 1, { verbos: 1 } as never),
    'did you mean "verbose"?',
  ],
  [
    "a schedule that is no function",
    () => callbacks.learningRateScheduler(0.1 as never),
    "must be a function",
  ],
])("%s is refused", (_, make, message) => {
  expect(make).toThrow(message);
});

test("methods of a plain object find the model as this.model, in every run anew", async () => {
  const stopper: callbacks.CallbackLike = {
    onEpochEnd(epoch) {
      if (epoch === 1) this.model.stopTraining = true;
    },
  };
  for (const model of [await counter(), await counter()])
    expect((await run(model, stopper, [1, 1, 1, 1])).epochs).toBe(2);
  expect(Object.keys(stopper)).toEqual(["onEpochEnd"]);
});
