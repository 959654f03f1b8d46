import { conv2d } from "../keras/layers/convolutional/conv-2d.ts";
import { dense } from "../keras/layers/core/dense.ts";
import { averagePooling2d } from "../keras/layers/pooling/average-pooling-2d.ts";
import { globalAveragePooling2d } from "../keras/layers/pooling/global-average-pooling-2d.ts";
import { maxPooling2d } from "../keras/layers/pooling/max-pooling-2d.ts";
import { flatten } from "../keras/layers/reshaping/flatten.ts";
import { type Sequential, sequential } from "../keras/models/sequential.ts";
import type { Shape } from "../tensor/shape.ts";

export interface TestNetwork {
  readonly imageShape: Shape;
  readonly loss: "sparse_categorical_crossentropy" | "categorical_crossentropy";
  make(): Sequential;
}

/** The three networks that the project is measured by. */
export const threeNetworks: Readonly<Record<1 | 2 | 3, TestNetwork>> = {
  1: {
    imageShape: [28, 28, 1],
    loss: "sparse_categorical_crossentropy",
    make: () =>
      sequential([
        conv2d(32, [3, 3], { activation: "relu", inputShape: [28, 28, 1] }),
        maxPooling2d([2, 2]),
        conv2d(64, [3, 3], { activation: "relu" }),
        maxPooling2d([2, 2]),
        flatten(),
        dense(10, { activation: "softmax" }),
      ]),
  },
  2: {
    imageShape: [32, 32, 3],
    loss: "categorical_crossentropy",
    make: () =>
      sequential([
        conv2d(16, [5, 5], { activation: "relu", inputShape: [32, 32, 3] }),
        averagePooling2d([3, 3], { strides: [2, 2] }),
        conv2d(32, [3, 3], { activation: "relu" }),
        averagePooling2d([2, 2], { strides: [1, 1], padding: "same" }),
        flatten(),
        dense(10, { activation: "softmax" }),
      ]),
  },
  3: {
    imageShape: [64, 64, 3],
    loss: "categorical_crossentropy",
    make: () =>
      sequential([
        conv2d(64, [3, 3], { activation: "relu", inputShape: [64, 64, 3] }),
        conv2d(128, [3, 3], { activation: "relu" }),
        globalAveragePooling2d(),
        dense(10, { activation: "softmax" }),
      ]),
  },
};
