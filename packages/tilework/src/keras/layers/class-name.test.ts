import { expect, test } from "vitest";
import { camelCase, classNameOf, snakeCase } from "./class-name.ts";
import { Conv2D } from "./convolutional/conv-2d.ts";

// As keras.src.utils.naming.to_snake_case gives them.
test.each([
  ["Conv2D", "conv2d"],
  ["MaxPooling2D", "max_pooling2d"],
  ["GlobalAveragePooling1D", "global_average_pooling1d"],
  ["ReLU", "re_lu"],
  ["LeakyReLU", "leaky_re_lu"],
  ["ELU", "elu"],
  ["DepthwiseConv2D", "depthwise_conv2d"],
  ["BatchNormalization", "batch_normalization"],
  ["InputLayer", "input_layer"],
  ["LSTM", "lstm"],
  ["RMSprop", "rm_sprop"],
])("%s becomes %s", (className, name) => {
  expect(snakeCase(className)).toBe(name);
});

test.each([
  ["pool_size", "poolSize"],
  ["beta_1", "beta1"],
  ["units", "units"],
  ["moving_mean_initializer", "movingMeanInitializer"],
])("%s becomes %s", (key, option) => {
  expect(camelCase(key)).toBe(option);
});

test("a subclass without a class name of its own is known by what it is called", () => {
  class Mine extends Conv2D {}
  expect(classNameOf(Conv2D)).toBe("Conv2D");
  expect(classNameOf(Mine)).toBe("Mine");
});
