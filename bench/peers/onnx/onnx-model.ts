/**
 * Writes the benchmark's networks as ONNX models (https://onnx.ai/onnx/repo-docs/IR.html, fields by number as in
 * onnx.proto3), channels first, as onnxruntime runs them fastest.
 */
import { encodeMessage, type Field } from "./protobuf.ts";

/** A weight in Keras's order and layout: kernels `[height, width, channels, filters]` or `[inputs, units]`. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

interface Step {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
  /** Takes the next kernel and bias. */
  readonly weights?: "convolution" | "dense";
}

const convolve: Step = { type: "Conv", weights: "convolution" };
const relu: Step = { type: "Relu" };
const dense: Step = { type: "Gemm", weights: "dense" };
const tail: readonly Step[] = [{ type: "Flatten" }, dense, { type: "Softmax", attributes: { axis: 1 } }];
const pool = (type: string, size: number, stride: number, padAfter = 0): Step => ({
  type,
  attributes: { kernel_shape: [size, size], strides: [stride, stride], pads: [0, 0, padAfter, padAfter] },
});

interface Network {
  /** Channels, height, width. */
  readonly input: readonly [number, number, number];
  readonly steps: readonly Step[];
  /** Channels, height, width of what is flattened. */
  readonly flattened: readonly [number, number, number];
}

const networks: Readonly<Record<number, Network>> = {
  1: {
    input: [1, 28, 28],
    steps: [convolve, relu, pool("MaxPool", 2, 2), convolve, relu, pool("MaxPool", 2, 2), ...tail],
    flattened: [64, 5, 5],
  },
  2: {
    input: [3, 32, 32],
    steps: [convolve, relu, pool("AveragePool", 3, 2), convolve, relu, pool("AveragePool", 2, 1, 1), ...tail],
    flattened: [32, 11, 11],
  },
  3: {
    input: [3, 64, 64],
    steps: [convolve, relu, convolve, relu, { type: "GlobalAveragePool" }, ...tail],
    flattened: [128, 1, 1],
  },
};

/** The bytes of network 1, 2 or 3 with these weights. Its input is "images", its output "probabilities". */
export function onnxModel(number: number, batch: number, weights: readonly Weight[]): Uint8Array {
  const network = networks[number];
  if (network === undefined) throw new Error(`network ${number} is not written as ONNX`);
  const nodes: Field[] = [];
  const initializers: Field[] = [];
  let next = 0;
  network.steps.forEach(({ type, attributes = {}, weights: kind }, at) => {
    const last = at === network.steps.length - 1;
    const inputs = [at === 0 ? "images" : `value${at - 1}`];
    if (kind !== undefined) {
      const [kernel, bias] = [weights[next++]!, weights[next++]!];
      const arranged =
        kind === "convolution" ? filtersFirst(kernel) : channelsFirstRows(kernel, network.flattened);
      initializers.push([5, tensor(`kernel${at}`, arranged)], [5, tensor(`bias${at}`, bias)]);
      inputs.push(`kernel${at}`, `bias${at}`);
    }
    nodes.push([1, node(type, inputs, last ? "probabilities" : `value${at}`, attributes)]);
  });
  const graph: Field[] = [
    ...nodes,
    [2, `network ${number}`],
    ...initializers,
    [11, valueInfo("images", [batch, ...network.input])],
    [12, valueInfo("probabilities", [batch, 10])],
  ];
  return encodeMessage([
    [1, 8],
    [2, "tilework-bench"],
    [7, graph],
    [8, [[2, 17]]],
  ]);
}

function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: NonNullable<Step["attributes"]>,
): Field[] {
  return [
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [3, output],
    [4, type],
    ...Object.entries(attributes).map(([name, value]): Field => [5, attribute(name, value)]),
  ];
}

const [integerAttribute, integersAttribute] = [2, 7];

function attribute(name: string, value: number | readonly number[]): Field[] {
  if (typeof value === "number")
    return [
      [1, name],
      [3, value],
      [20, integerAttribute],
    ];
  return [[1, name], ...value.map((each): Field => [8, each]), [20, integersAttribute]];
}

const float32 = 1;

function tensor(name: string, { shape, data }: Weight): Field[] {
  const floats = Float32Array.from(data);
  return [
    ...shape.map((size): Field => [1, size]),
    [2, float32],
    [8, name],
    [9, new Uint8Array(floats.buffer)],
  ];
}

function valueInfo(name: string, shape: readonly number[]): Field[] {
  const dimensions = shape.map((size): Field => [1, [[1, size]]]);
  return [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, float32],
            [2, dimensions],
          ],
        ],
      ],
    ],
  ];
}

/** `[height, width, channels, filters]` to `[filters, channels, height, width]`. */
function filtersFirst({ shape, data }: Weight): Weight {
  const [height, width, channels, filters] = shape as [number, number, number, number];
  const moved = new Float32Array(data.length);
  let to = 0;
  for (let filter = 0; filter < filters; filter++)
    for (let channel = 0; channel < channels; channel++)
      for (let tap = 0; tap < height * width; tap++)
        moved[to++] = data[(tap * channels + channel) * filters + filter]!;
  return { shape: [filters, channels, height, width], data: moved };
}

/** Rows of a dense kernel in the order in which ONNX flattens images: channels before pixels. */
function channelsFirstRows({ shape, data }: Weight, [channels, height, width]: Network["flattened"]): Weight {
  const units = shape[1]!;
  const moved = new Float32Array(data.length);
  let to = 0;
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < height * width; pixel++)
      for (let unit = 0; unit < units; unit++)
        moved[to++] = data[(pixel * channels + channel) * units + unit]!;
  return { shape, data: moved };
}
