/** The benchmark's networks in Tilework: 1 to 3, and as 4 a ResNet-20. */
import {
  averagePooling2d,
  conv2d,
  dense,
  flatten,
  globalAveragePooling2d,
  maxPooling2d,
  type Sequential,
  sequential,
} from "tilework";
import { resnet20 } from "./tilework-resnet.ts";

export type Network = Sequential | ReturnType<typeof resnet20>;

/** A fresh model, one image's shape, and whether labels are numbers (else one-hot rows). */
export function network(number: number): { model: Network; shape: number[]; sparse: boolean } {
  switch (number) {
    case 1:
      return {
        model: sequential([
          conv2d(32, [3, 3], { activation: "relu", inputShape: [28, 28, 1] }),
          maxPooling2d([2, 2]),
          conv2d(64, [3, 3], { activation: "relu" }),
          maxPooling2d([2, 2]),
          flatten(),
          dense(10, { activation: "softmax" }),
        ]),
        shape: [28, 28, 1],
        sparse: true,
      };
    case 2:
      return {
        model: sequential([
          conv2d(16, [5, 5], { activation: "relu", inputShape: [32, 32, 3] }),
          averagePooling2d([3, 3], { strides: [2, 2] }),
          conv2d(32, [3, 3], { activation: "relu" }),
          averagePooling2d([2, 2], { strides: [1, 1], padding: "same" }),
          flatten(),
          dense(10, { activation: "softmax" }),
        ]),
        shape: [32, 32, 3],
        sparse: false,
      };
    case 3:
      return {
        model: sequential([
          conv2d(64, [3, 3], { activation: "relu", inputShape: [64, 64, 3] }),
          conv2d(128, [3, 3], { activation: "relu" }),
          globalAveragePooling2d(),
          dense(10, { activation: "softmax" }),
        ]),
        shape: [64, 64, 3],
        sparse: false,
      };
    default:
      return { model: resnet20(), shape: [32, 32, 3], sparse: false };
  }
}
