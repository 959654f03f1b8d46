/** The public types, held by the compiler alone (`npm run check`, types): nothing here runs. */
import {
  adam,
  add,
  type CallbackLike,
  type Configuration,
  type Conv2D,
  conv2d,
  dense,
  type History,
  input,
  type KerasTensor,
  Layer,
  losses,
  type MaxPooling2D,
  type Model,
  maxPool2d,
  maxPooling2d,
  model,
  type NDArray,
  ndarray,
  type Sequential,
  type Size2D,
  sequential,
} from "tilework";
import { expectTypeOf, test } from "vitest";

test("factories give their layer's class", () => {
  expectTypeOf(conv2d(32, [3, 3])).toEqualTypeOf<Conv2D>();
  expectTypeOf(conv2d({ filters: 32, kernelSize: 3 })).toEqualTypeOf<Conv2D>();
  expectTypeOf(maxPooling2d()).toEqualTypeOf<MaxPooling2D>();
  expectTypeOf(maxPool2d([2, 2])).toEqualTypeOf<MaxPooling2D>();
  expectTypeOf<MaxPooling2D>().toExtend<Layer>();
  expectTypeOf<[number, number]>().toExtend<Size2D>();
});

test("options are closed unions, which an editor completes", () => {
  conv2d(8, 3, { activation: "relu", padding: "same", dataFormat: "channels_first" });
  // @ts-expect-error: no such activation
  conv2d(8, 3, { activation: "rleu" });
  // @ts-expect-error: no such padding for two dimensions
  conv2d(8, 3, { padding: "causal" });
  // @ts-expect-error: no such option
  maxPooling2d([2, 2], { stride: 2 });
  // @ts-expect-error: a window of three sizes in two dimensions
  maxPooling2d([2, 2, 2]);
  // @ts-expect-error: a size is a number
  dense("10");
  expectTypeOf<"wasm">().toExtend<Configuration["device"]>();
});

test("compile takes names, objects and functions", () => {
  const net = sequential([dense(10, { inputShape: [4] })]);
  expectTypeOf(net).toEqualTypeOf<Sequential>();
  expectTypeOf(net).toExtend<Model>();
  net.compile({ optimizer: "adam", loss: "mse", metrics: ["accuracy"] });
  net.compile({
    optimizer: adam({ learningRate: 1e-3 }),
    loss: losses.categoricalCrossentropy({ fromLogits: true }),
  });
  // @ts-expect-error: no such optimizer
  net.compile({ optimizer: "adma", loss: "mse" });
  // @ts-expect-error: no such loss
  net.compile({ optimizer: "adam", loss: "categorical_crossentropie" });
});

test("data go in as arrays of several kinds and come out as NDArrays", async () => {
  const net = sequential([dense(1, { inputShape: [2] })]);
  const nested = [
    [1, 2],
    [3, 4],
  ];
  expectTypeOf(ndarray(nested)).toEqualTypeOf<NDArray>();
  expectTypeOf(net.fit(nested, [0, 1])).resolves.toEqualTypeOf<History>();
  expectTypeOf(
    net.fit({ data: new Uint8Array(4), shape: [2, 2] }, ndarray([0, 1])),
  ).resolves.toExtend<History>();
  expectTypeOf(net.predict(nested)).resolves.toEqualTypeOf<NDArray>();
  expectTypeOf(net.evaluate(nested, [0, 1])).resolves.toExtend<Record<string, number>>();
  expectTypeOf(net.getWeights()).resolves.toEqualTypeOf<NDArray[]>();
  expectTypeOf((await net.fit(nested, [0, 1])).history).toEqualTypeOf<Record<string, number[]>>();
  // @ts-expect-error: no such option
  await net.fit(nested, [0, 1], { batch_size: 32 });
  // @ts-expect-error: verbose is "auto", 0, 1 or 2
  await net.fit(nested, [0, 1], { verbose: 3 });
});

test("graphs are written with symbolic tensors", () => {
  const image = input([32, 32, 3]);
  expectTypeOf(image).toEqualTypeOf<KerasTensor>();
  const branch = conv2d(16, 3).apply(image);
  expectTypeOf(branch).toEqualTypeOf<KerasTensor>();
  expectTypeOf(add().apply([branch, branch])).toEqualTypeOf<KerasTensor>();
  expectTypeOf(model(image, branch)).toEqualTypeOf<Model>();
  expectTypeOf(model({ inputs: image, outputs: [branch, branch] })).toEqualTypeOf<Model>();
});

test("callbacks are plain objects or classes", () => {
  expectTypeOf({
    onEpochEnd: (_: number, logs: Record<string, number>) => console.log(logs.loss),
  }).toExtend<CallbackLike>();
  class Doubling extends Layer {}
  expectTypeOf<Doubling>().toExtend<Layer>();
});
