/** onnxruntime-node as a peer: predict of networks 1 to 3, with weights of Tilework, whose outputs it must give. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { configure } from "tilework";
import { onnxModel } from "./onnx/onnx-model.ts";
import { type Hello, type Peer, type Request, randomData, serve, versionOf } from "./serve.ts";
import { network } from "./tilework-networks.ts";

const threads = Number(process.env.BENCH_THREADS ?? 2);

/** The largest difference of two probabilities that both computed in float32. */
const tolerance = 1e-5;

class OnnxPeer implements Peer {
  #session: InferenceSession | undefined;
  #batches: Tensor[] = [];

  hello(): Hello {
    return {
      name: "onnxruntime-node",
      versions: { "onnxruntime-node": versionOf("onnxruntime-node"), node: process.version },
    };
  }

  async prepare({ network: number, batch, steps, mode }: Request): Promise<void> {
    if (mode !== "predict") throw new Error("onnxruntime-node does not train");
    const { model, shape } = network(number);
    const bytes = onnxModel(number, batch, await model.getWeights());
    this.#session = await InferenceSession.create(bytes, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
    const { images } = randomData(shape, batch * steps);
    const size = images.length / steps;
    this.#batches = Array.from({ length: steps }, (_, step) => {
      const nhwc = images.subarray(step * size, (step + 1) * size);
      return channelsFirst(nhwc, [batch, ...shape] as [number, number, number, number]);
    });
    await this.#check(model, images.slice(0, size), [batch, ...shape]);
    await this.sample();
    await this.sample();
  }

  async sample(): Promise<number> {
    const started = performance.now();
    for (const images of this.#batches) await this.#run(images);
    return (performance.now() - started) / this.#batches.length;
  }

  async #run(images: Tensor): Promise<Float32Array> {
    const { probabilities } = await this.#session!.run({ images });
    return probabilities!.data as Float32Array;
  }

  async #check(
    model: ReturnType<typeof network>["model"],
    images: Float32Array,
    shape: number[],
  ): Promise<void> {
    const expected = (await model.predict({ data: images, shape })).data;
    configure({});
    const got = await this.#run(this.#batches[0]!);
    const differs = got.findIndex((value, at) => !(Math.abs(value - expected[at]!) <= tolerance));
    if (differs >= 0)
      throw new Error(`output ${differs} is ${got[differs]}, but Tilework gives ${expected[differs]}`);
  }
}

function channelsFirst(images: Float32Array, shape: [number, number, number, number]): Tensor {
  const [batch, height, width, channels] = shape;
  const pixels = height * width;
  const moved = new Float32Array(images.length);
  let to = 0;
  for (let image = 0; image < batch; image++)
    for (let channel = 0; channel < channels; channel++)
      for (let pixel = 0; pixel < pixels; pixel++)
        moved[to++] = images[(image * pixels + pixel) * channels + channel]!;
  return new Tensor("float32", moved, [batch, channels, height, width]);
}

await serve(new OnnxPeer());
