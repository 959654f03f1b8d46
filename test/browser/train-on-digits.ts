/** The training that every host repeats, bit for bit: network 1 on a few hundred digits. */
import { configure, setRandomSeed } from "tilework";
import { currentDevice } from "tilework/internal";
import { digitNetwork } from "../../examples/networks.ts";

export interface TrainingReport {
  readonly device: string;
  readonly threads: number;
  /** The loss as `fit` reports it after each step. */
  readonly losses: readonly number[];
  /** What the trained network says about the first digits, ten numbers each. */
  readonly probabilities: readonly number[];
}

const size = 28 * 28;

/** Two epochs of batches of 32, the last of them partial, on two threads where memory can be shared. */
export async function trainOnDigits(images: Float32Array, labels: Int32Array): Promise<TrainingReport> {
  configure({ device: "wasm", threads: 2 });
  setRandomSeed(7);
  const model = digitNetwork();
  const losses: number[] = [];
  const x = { data: images, shape: [labels.length, 28, 28, 1] };
  const onTrainBatchEnd = (_: number, logs: Record<string, number>): void => {
    losses.push(logs.loss!);
  };
  await model.fit(x, labels, { batchSize: 32, epochs: 2, verbose: 0, callbacks: [{ onTrainBatchEnd }] });
  const first = { data: images.subarray(0, 8 * size), shape: [8, 28, 28, 1] };
  const { data } = await model.predict(first, { verbose: 0 });
  const device = await currentDevice();
  return { device: device.name, threads: device.threads, losses, probabilities: [...data] };
}
