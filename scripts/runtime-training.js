// Trains a small network and prints which device did it and a digest of the bits: plain JavaScript that any runtime
// can read. Run by check-runtimes.ts.
import {
  conv2d,
  dense,
  flatten,
  maxPooling2d,
  sequential,
  setRandomSeed,
} from "../packages/tilework/dist/index.js";
import { currentDevice } from "../packages/tilework/dist/internal.js";

setRandomSeed(7);
const images = Float32Array.from({ length: 48 * 14 * 14 }, (_, i) => Math.sin(i * 12.9898) / 2);
const labels = Int32Array.from({ length: 48 }, (_, i) => (i * 7) % 10);
const model = sequential([
  conv2d(8, [3, 3], { activation: "relu", inputShape: [14, 14, 1] }),
  maxPooling2d([2, 2]),
  flatten(),
  dense(10, { activation: "softmax" }),
]);
model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
const options = { epochs: 3, batchSize: 16, verbose: 0, shuffle: false };
const { history } = await model.fit({ data: images, shape: [48, 14, 14, 1] }, labels, options);
const weights = (await model.getWeights()).flatMap((array) => [...array.data]);
const bits = new Uint32Array(Float32Array.from([...history.loss, ...weights]).buffer);
const digest = bits.reduce((sum, word) => (Math.imul(sum, 31) + word) >>> 0, 0);
console.log(JSON.stringify({ device: (await currentDevice()).name, bits: digest.toString(16) }));
