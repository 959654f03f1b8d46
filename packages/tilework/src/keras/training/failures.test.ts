import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { currentDevice } from "../../runtime/configure.ts";
import type { Device, Executable } from "../../runtime/device.ts";
import { createReferenceDevice } from "../../runtime/reference/device.ts";
import { WorkerError } from "../../runtime/worker-error.ts";
import { noise } from "../../testing/training-data.ts";
import { terminateOnNaN } from "../callbacks/terminate-on-nan.ts";
import { dense } from "../layers/core/dense.ts";
import { type Sequential, sequential } from "../models/sequential.ts";
import { adam } from "../optimizers/adam.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { sgd } from "../optimizers/sgd.ts";
import { NonFiniteError } from "./non-finite-error.ts";

vi.mock("../../runtime/configure.ts", () => ({ currentDevice: vi.fn() }));

const reference = createReferenceDevice();
let runsUntilDeath = Number.POSITIVE_INFINITY;

/** The reference device, whose worker dies after some runs. */
const mortal: Device = {
  ...reference,
  load: async (program): Promise<Executable> => {
    const executable = await reference.load(program);
    return {
      run: async (store, steps) => {
        if (runsUntilDeath-- <= 0) {
          await executable.run(store, steps.slice(0, 1));
          throw new WorkerError("it was ended from outside");
        }
        return executable.run(store, steps);
      },
    };
  },
};

beforeAll(() => {
  vi.mocked(currentDevice).mockResolvedValue(mortal);
});
afterAll(() => {
  vi.restoreAllMocks();
});

const x = noise(1, [20, 4]);
const y = noise(2, [20, 2]);
const everyStep = { onBatchEnd: () => {} };

async function makeModel(optimizer: Optimizer = adam({ learningRate: 0.1 })): Promise<Sequential> {
  const model = sequential([dense(3, { inputShape: [4], name: "first" }), dense(2, { name: "second" })]);
  model.compile({ optimizer, loss: "mse" });
  await model.setWeights(model.weights.map(({ shape }, i) => noise(20 + i, shape)));
  return model;
}

async function weightsOf(model: Sequential): Promise<number[][]> {
  return (await model.getWeights()).map(({ data }) => [...data]);
}

test("a worker that dies rejects with its reason and leaves the epoch's start; the next call works", async () => {
  const model = await makeModel();
  const starts: number[][][] = [];
  const callbacks = {
    ...everyStep,
    onEpochBegin: async (epoch: number) => {
      starts.push(await weightsOf(model));
      if (epoch === 2) runsUntilDeath = 3;
    },
  };
  const run = model.fit(x, y, { epochs: 4, batchSize: 4, verbose: 0, callbacks });
  await expect(run).rejects.toThrow("it was ended from outside");
  runsUntilDeath = Number.POSITIVE_INFINITY;
  expect(starts).toHaveLength(3);
  expect(await weightsOf(model)).toEqual(starts[2]);
  expect(model.optimizer.iterations).toBe(10);
  const { history } = await model.fit(x, y, { verbose: 0 });
  expect(history.loss).toHaveLength(1);
});

test("a loss that is not finite rejects with epoch, batch and layer, and leaves the epoch's start", async () => {
  const model = await makeModel();
  const starts: number[][][] = [];
  const callbacks = {
    ...everyStep,
    onEpochBegin: async (epoch: number) => {
      starts.push(await weightsOf(model));
      if (epoch === 1) model.optimizer.learningRate = 1e30;
    },
  };
  const error = await model
    .fit(x, y, { epochs: 3, batchSize: 4, verbose: 0, shuffle: false, callbacks })
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(NonFiniteError);
  const { epoch, batch, layer, message } = error as NonFiniteError;
  expect({ epoch, batch, layer }).toEqual({ epoch: 1, batch: 1, layer: "second" });
  expect(message).toContain("in epoch 2, batch 2");
  expect(message).toContain("smaller learning rate (it was 1e+30)");
  expect(await weightsOf(model)).toEqual(starts[1]);
  expect(model.optimizer.iterations).toBe(5);
});

test.each([
  [17, 4, 4],
  [7, 6, 1],
  [19, 6, 3],
])(
  "NaN in example %i, in batches of %i, is traced to the first layer that meets it",
  async (row, batchSize, batch) => {
    const spoilt = noise(1, [20, 4]);
    spoilt.data[4 * row] = Number.NaN;
    const run = (await makeModel()).fit(spoilt, y, { batchSize, verbose: 0, shuffle: false });
    await expect(run).rejects.toMatchObject({ name: "NonFiniteError", epoch: 0, batch, layer: "first" });
    await expect(run).rejects.toThrow(`the data are not finite: x[${row}][0] is NaN`);
  },
);

test("trainOnBatch with a loss that is not finite rejects and keeps weights and optimizer", async () => {
  const model = await makeModel();
  await model.trainOnBatch(x, y);
  const before = await weightsOf(model);
  const spoilt = noise(1, [20, 4]);
  spoilt.data[6] = Number.NaN;
  const failing = model.trainOnBatch(spoilt, y);
  await expect(failing).rejects.toBeInstanceOf(NonFiniteError);
  await expect(failing).rejects.toThrow("NaN in trainOnBatch; the data are not finite: x[1][2] is NaN");
  expect(await weightsOf(model)).toEqual(before);
  expect(model.optimizer.iterations).toBe(1);
  const other = await makeModel();
  await other.trainOnBatch(x, y);
  await model.trainOnBatch(x, y);
  await other.trainOnBatch(x, y);
  expect(await weightsOf(model)).toEqual(await weightsOf(other));
});

test("a worker that dies within trainOnBatch leaves weights and optimizer as before the call", async () => {
  const model = await makeModel();
  await model.trainOnBatch(x, y);
  const before = await weightsOf(model);
  runsUntilDeath = 0;
  await expect(model.trainOnBatch(x, y)).rejects.toThrow("it was ended from outside");
  runsUntilDeath = Number.POSITIVE_INFINITY;
  expect(await weightsOf(model)).toEqual(before);
  expect(model.optimizer.iterations).toBe(1);
});

test("with terminateOnNaN training ends at that batch and keeps its weights, as in Keras", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const model = await makeModel(sgd({ learningRate: 1e30 }));
  const { history } = await model.fit(x, y, {
    epochs: 5,
    batchSize: 4,
    verbose: 0,
    callbacks: [terminateOnNaN()],
  });
  expect(history.loss).toHaveLength(1);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining("Invalid loss, terminating training"));
  warn.mockRestore();
});

test("an abort rejects with the signal's reason and keeps the steps that finished", async () => {
  const model = await makeModel();
  const controller = new AbortController();
  const start = await weightsOf(model);
  const callbacks = {
    onBatchEnd: (batch: number) => {
      if (batch === 2) controller.abort(new Error("enough"));
    },
  };
  const run = model.fit(x, y, { batchSize: 4, verbose: 0, signal: controller.signal, callbacks });
  await expect(run).rejects.toThrow("enough");
  expect(model.optimizer.iterations).toBe(3);
  expect(await weightsOf(model)).not.toEqual(start);
  const again = model.fit(x, y, { verbose: 0, signal: controller.signal });
  await expect(again).rejects.toThrow("enough");
  await expect(model.evaluate(x, y, { verbose: 0, signal: controller.signal })).rejects.toThrow("enough");
});
