/** Tilework as a peer of the benchmark, through its public names. The device comes from TILEWORK_DEVICE. */
import { deviceInfo } from "tilework";
import {
  type Hello,
  type Peer,
  type Request,
  randomData,
  serve,
  type TimerGaps,
  versionOf,
} from "./serve.ts";
import { network } from "./tilework-networks.ts";

class TileworkPeer implements Peer {
  #run: () => Promise<unknown> = async () => undefined;
  #steps = 1;

  async hello(): Promise<Hello> {
    const { device, threads, instructions } = await deviceInfo();
    return {
      name: `Tilework, ${device}, ${instructions}, ${threads} thread${threads === 1 ? "" : "s"}`,
      versions: { tilework: versionOf("tilework"), node: process.version },
    };
  }

  async prepare({ network: number, batch, steps, mode }: Request): Promise<void> {
    const { model, shape, sparse } = network(number);
    model.compile({
      optimizer: "adam",
      loss: sparse ? "sparse_categorical_crossentropy" : "categorical_crossentropy",
      metrics: ["accuracy"],
    });
    const count = batch * steps;
    const { images, labels, oneHot } = randomData(shape, count);
    const x = { data: images, shape: [count, ...shape] };
    const y = sparse ? labels : { data: oneHot, shape: [count, 10] };
    this.#steps = steps;
    this.#run = () =>
      mode === "train"
        ? model.fit(x, y, { batchSize: batch, epochs: 1, verbose: 0 })
        : model.predict(x, { batchSize: batch, verbose: 0 });
    await this.#run();
    await this.#run();
  }

  async sample(): Promise<number> {
    const started = performance.now();
    await this.#run();
    return (performance.now() - started) / this.#steps;
  }

  async timer(): Promise<TimerGaps> {
    const gaps: number[] = [];
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
    }, 10);
    while (gaps.length < 200) await this.#run();
    clearInterval(timer);
    gaps.sort((x, y) => x - y);
    const at = (share: number): number => gaps[Math.floor(share * (gaps.length - 1))]!;
    return { gap50: at(0.5), gap99: at(0.99), longest: at(1) };
  }
}

await serve(new TileworkPeer());
