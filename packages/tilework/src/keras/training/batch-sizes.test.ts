import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Value } from "../../graph/value.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { configure, currentDevice } from "../../runtime/configure.ts";
import type { CpuDevice } from "../../runtime/cpu/device.ts";
import { compilerToolchain } from "../../runtime/cpu/toolchain.ts";
import { threeNetworks } from "../../testing/three-networks.ts";
import { noise } from "../../testing/training-data.ts";
import { dense } from "../layers/core/dense.ts";
import { Layer } from "../layers/layer.ts";
import { flatten } from "../layers/reshaping/flatten.ts";
import { sequential } from "../models/sequential.ts";

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
