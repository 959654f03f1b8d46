/** Types of the public names, checked by the compiler: what an editor completes, and what it refuses. */
import { expectTypeOf, test } from "vitest";
import {
  type ActivationName,
  activations,
  adaptiveMaxPooling2d,
  averagePooling2d,
  Conv2D,
  type ConvolutionOptions,
  conv1d,
  conv2d,
  dense,
  dropout,
  type InitializerName,
  initializers,
  input,
  type KerasTensor,
  type Layer,
  MaxPooling2D,
  type Model,
  maxPooling2d,
  model,
  NDArray,
  ndarray,
  type Sequential,
  type Size2D,
  sequential,
  type Value,
  zeroPadding2d,
} from "./index.ts";

test("strings are unions, so that editors complete them", () => {
  type Options = ConvolutionOptions<Size2D>;
  expectTypeOf<NonNullable<Options["padding"]>>().toEqualTypeOf<"valid" | "same">();
  expectTypeOf<NonNullable<Options["dataFormat"]>>().toEqualTypeOf<"channels_last" | "channels_first">();
  expectTypeOf<"relu">().toExtend<ActivationName>();
  expectTypeOf<"he_normal">().toExtend<InitializerName>();
  expectTypeOf<"rleu">().not.toExtend<ActivationName>();
  expectTypeOf<"he_norm">().not.toExtend<InitializerName>();
});

test("factories give their class", () => {
  expectTypeOf(conv2d(32, [3, 3], { activation: "relu" })).toEqualTypeOf<Conv2D>();
  expectTypeOf(conv2d({ filters: 32, kernelSize: 3 })).toEqualTypeOf<Conv2D>();
  expectTypeOf(maxPooling2d()).toEqualTypeOf<MaxPooling2D>();
  expectTypeOf(maxPooling2d([2, 2])).toEqualTypeOf<MaxPooling2D>();
  expectTypeOf(maxPooling2d({ poolSize: [2, 2], strides: null })).toEqualTypeOf<MaxPooling2D>();
  expectTypeOf(MaxPooling2D.fromConfig({ pool_size: [2, 2] })).toEqualTypeOf<MaxPooling2D>();
  expectTypeOf(new Conv2D(3, 3)).toExtend<Layer>();
});

test("activations and initializers are names, functions or objects", () => {
  dense(3, { activation: activations.relu });
  dense(3, { activation: (x: Value) => x, kernelInitializer: initializers.heNormal({ seed: 1 }) });
  // @ts-expect-error a misspelt activation
  dense(3, { activation: "rleu" });
  // @ts-expect-error a misspelt initializer
  dense(3, { kernelInitializer: "he_norm" });
});

test("wrong arguments are type errors", () => {
  conv1d(3, 3, { padding: "causal" });
  // @ts-expect-error causal padding is for sequences
  conv2d(3, 3, { padding: "causal" });
  // @ts-expect-error three sizes for two axes
  maxPooling2d([2, 2, 2]);
  // @ts-expect-error the pool size is required
  averagePooling2d();
  // @ts-expect-error the output size is required
  adaptiveMaxPooling2d();
  // @ts-expect-error Keras's spelling
  maxPooling2d({ pool_size: 2 });
  // @ts-expect-error an option that is not there
  dropout(0.5, { rat: 1 });
  // @ts-expect-error padding has pairs
  zeroPadding2d([[1, 2, 3], [1]]);
});

test("graphs are typed", () => {
  const x = input([28, 28, 1]);
  expectTypeOf(x).toEqualTypeOf<KerasTensor>();
  expectTypeOf(dense(3).apply(x)).toEqualTypeOf<KerasTensor>();
  expectTypeOf(model(x, x)).toEqualTypeOf<Model>();
  expectTypeOf(model({ inputs: [x], outputs: x })).toEqualTypeOf<Model>();
  expectTypeOf(sequential([x, dense(3)])).toEqualTypeOf<Sequential>();
  expectTypeOf(sequential().getWeights()).resolves.toEqualTypeOf<NDArray[]>();
});

test("data are arrays of numbers", () => {
  expectTypeOf(ndarray([[1, 2]])).toEqualTypeOf<NDArray>();
  expectTypeOf(ndarray(new Uint8Array(4), [2, 2])).toEqualTypeOf<NDArray>();
  // @ts-expect-error text is no data
  ndarray([["1"]]);
  expectTypeOf(NDArray).instance.toHaveProperty("shape").toEqualTypeOf<readonly number[]>();
});
