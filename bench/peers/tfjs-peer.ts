/** TensorFlow.js as a peer: its wasm backend for predict (it cannot train a convolution there), cpu for training. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { type Hello, type Peer, type Request, randomData, serve } from "./serve.ts";

const threads = Number(process.env.BENCH_THREADS ?? 2);

function network(number: number): { model: tf.Sequential; shape: number[]; sparse: boolean } {
  const { layers } = tf;
  const conv = (filters: number, kernelSize: number, inputShape?: number[]) =>
    layers.conv2d({ filters, kernelSize, activation: "relu", ...(inputShape && { inputShape }) });
  const softmax = () => layers.dense({ units: 10, activation: "softmax" });
  const max = () => layers.maxPooling2d({ poolSize: 2 });
  if (number === 1) {
    const shape = [28, 28, 1];
    const stack = [conv(32, 3, shape), max(), conv(64, 3), max(), layers.flatten(), softmax()];
    return { model: tf.sequential({ layers: stack }), shape, sparse: true };
  }
  if (number === 2) {
    const shape = [32, 32, 3];
    const pool = layers.averagePooling2d({ poolSize: 3, strides: 2 });
    const same = layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" });
    const stack = [conv(16, 5, shape), pool, conv(32, 3), same, layers.flatten(), softmax()];
    return { model: tf.sequential({ layers: stack }), shape, sparse: false };
  }
  if (number === 3) {
    const shape = [64, 64, 3];
    const stack = [conv(64, 3, shape), conv(128, 3), layers.globalAveragePooling2d({}), softmax()];
    return { model: tf.sequential({ layers: stack }), shape, sparse: false };
  }
  throw new Error(`network ${number} is not ported to tfjs`);
}

class TfjsPeer implements Peer {
  #run: () => Promise<unknown> = async () => undefined;
  #steps = 1;

  hello(): Hello {
    return { name: "TensorFlow.js", versions: { tfjs: tf.version.tfjs, node: process.version } };
  }

  async prepare({ network: number, batch, steps, mode }: Request): Promise<void> {
    if (mode === "predict") {
      const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
      setWasmPaths(`${dirname(entry)}/`);
      setThreadsCount(threads);
      await tf.setBackend("wasm");
    } else await tf.setBackend("cpu");
    const { model, shape, sparse } = network(number);
    const loss = sparse ? "sparseCategoricalCrossentropy" : "categoricalCrossentropy";
    model.compile({ optimizer: "adam", loss, metrics: ["accuracy"] });
    const count = batch * steps;
    const { images, labels, oneHot } = randomData(shape, count);
    const x = tf.tensor(images, [count, ...shape]);
    const y = sparse ? tf.tensor1d(Float32Array.from(labels)) : tf.tensor(oneHot, [count, 10]);
    this.#steps = steps;
    this.#run = async () => {
      if (mode === "train") await model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 });
      else tf.dispose(model.predict(x, { batchSize: batch }));
    };
    await this.#run();
  }

  async sample(): Promise<number> {
    const started = performance.now();
    await this.#run();
    return (performance.now() - started) / this.#steps;
  }
}

await serve(new TfjsPeer());
