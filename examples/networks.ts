/** The three networks that Tilework was first built for, as their users wrote them in Keras. */
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

/** Network 1: handwritten digits, 28x28 grey, two max poolings. Labels are numbers 0 to 9. */
export function digitNetwork(): Sequential {
  const model = sequential([
    conv2d(32, [3, 3], { activation: "relu", inputShape: [28, 28, 1] }),
    maxPooling2d([2, 2]),
    conv2d(64, [3, 3], { activation: "relu" }),
    maxPooling2d([2, 2]),
    flatten(),
    dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

/** Network 2: 32x32 colour images, overlapping average poolings. Labels are one-hot rows. */
export function averageNetwork(): Sequential {
  const model = sequential([
    conv2d(16, [5, 5], { activation: "relu", inputShape: [32, 32, 3] }),
    averagePooling2d([3, 3], { strides: [2, 2] }),
    conv2d(32, [3, 3], { activation: "relu" }),
    averagePooling2d([2, 2], { strides: [1, 1], padding: "same" }),
    flatten(),
    dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

/** Network 3: 64x64 colour images, one global average at the end. Labels are one-hot rows. */
export function globalNetwork(): Sequential {
  const model = sequential([
    conv2d(64, [3, 3], { activation: "relu", inputShape: [64, 64, 3] }),
    conv2d(128, [3, 3], { activation: "relu" }),
    globalAveragePooling2d(),
    dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}
