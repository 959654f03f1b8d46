import * as tilework from "../index.ts";
import type { Layer } from "../keras/layers/layer.ts";
import type { Shape } from "../tensor/shape.ts";

/** What the contract test makes of one layer. */
export interface LayerContract {
  /** Keras's class name. */
  readonly className: string;
  /** The factory's name. */
  readonly factory: string;
  /** Positional arguments of class and factory. */
  readonly positional: readonly unknown[];
  /** The same and more in one object. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Inputs with batch. */
  readonly inputs: readonly Shape[];
  /** Names and shapes of the weights, in Keras's order. */
  readonly weights?: readonly (readonly [name: string, shape: Shape])[];
  /** How many of the weights training changes; all where left out. */
  readonly trainable?: number;
  /** Whether integers come out as they go in. */
  readonly keepsIntegers?: boolean;
}

const image: Shape = [2, 8, 9, 4];
const sequence: Shape = [2, 11, 4];
const volume: Shape = [1, 5, 6, 4, 2];

function pooling(rank: number, input: Shape): LayerContract[] {
  return ["Max", "Average"].flatMap((kind) => {
    const suffix = `Pooling${rank}`;
    const factory = `${kind.toLowerCase()}${suffix}d`;
    return [
      {
        className: `${kind}${suffix}D`,
        factory,
        positional: [2],
        options: { poolSize: 2, strides: 3, padding: "same", dataFormat: "channels_last" },
        inputs: [input],
      },
      {
        className: `Global${kind}${suffix}D`,
        factory: `global${kind}${suffix}d`,
        positional: [],
        options: { keepdims: true, dataFormat: "channels_first" },
        inputs: [input],
      },
      {
        className: `Adaptive${kind}${suffix}D`,
        factory: `adaptive${kind}${suffix}d`,
        positional: [3],
        options: { outputSize: 3, dataFormat: "channels_last" },
        inputs: [input],
      },
    ];
  });
}

function convolution(rank: number, input: Shape): LayerContract[] {
  const channels = input.at(-1)!;
  const taps = new Array<number>(rank).fill(3);
  const conv: LayerContract = {
    className: `Conv${rank}D`,
    factory: `conv${rank}d`,
    positional: [6, 3],
    options: { filters: 6, kernelSize: 3, strides: 2, padding: "same", activation: "relu" },
    inputs: [input],
    weights: [
      ["kernel", [...taps, channels, 6]],
      ["bias", [6]],
    ],
  };
  const depthwise: LayerContract = {
    className: `DepthwiseConv${rank}D`,
    factory: `depthwiseConv${rank}d`,
    positional: [3],
    options: { kernelSize: 3, depthMultiplier: 1, padding: "same" },
    inputs: [input],
    weights: [
      ["kernel", [...taps, channels, 1]],
      ["bias", [channels]],
    ],
  };
  return rank === 3 ? [conv] : [conv, depthwise];
}

/** Every layer, each with what the contract needs to know of it. */
export const layerContracts: readonly LayerContract[] = [
  ...pooling(1, sequence),
  ...pooling(2, image),
  ...pooling(3, volume),
  ...convolution(1, sequence),
  ...convolution(2, image),
  ...convolution(3, volume),
  {
    className: "Dense",
    factory: "dense",
    positional: [5],
    options: { units: 5, activation: "softmax", kernelInitializer: "he_normal" },
    inputs: [[2, 3, 4]],
    weights: [
      ["kernel", [4, 5]],
      ["bias", [5]],
    ],
  },
  { className: "Add", factory: "add", positional: [], options: {}, inputs: [image, image] },
  {
    className: "Concatenate",
    factory: "concatenate",
    positional: [],
    options: { axis: 1 },
    inputs: [image, image],
  },
  {
    className: "Flatten",
    factory: "flatten",
    positional: [],
    options: { dataFormat: "channels_first" },
    inputs: [image],
    keepsIntegers: true,
  },
  {
    className: "Reshape",
    factory: "reshape",
    positional: [[4, -1]],
    options: { targetShape: [4, -1] },
    inputs: [image],
    keepsIntegers: true,
  },
  {
    className: "Activation",
    factory: "activation",
    positional: ["relu"],
    options: { activation: "gelu" },
    inputs: [image],
  },
  {
    className: "ReLU",
    factory: "relu",
    positional: [],
    options: { maxValue: 6, negativeSlope: 0.1, threshold: 1 },
    inputs: [image],
  },
  {
    className: "LeakyReLU",
    factory: "leakyRelu",
    positional: [],
    options: { negativeSlope: 0.1 },
    inputs: [image],
  },
  { className: "ELU", factory: "elu", positional: [], options: { alpha: 0.5 }, inputs: [image] },
  { className: "Softmax", factory: "softmax", positional: [], options: { axis: 1 }, inputs: [image] },
  {
    className: "Dropout",
    factory: "dropout",
    positional: [0.5],
    options: { rate: 0.5, seed: 3 },
    inputs: [image],
  },
  {
    className: "BatchNormalization",
    factory: "batchNormalization",
    positional: [],
    options: { momentum: 0.9, epsilon: 0.01 },
    inputs: [image],
    weights: [
      ["gamma", [4]],
      ["beta", [4]],
      ["moving_mean", [4]],
      ["moving_variance", [4]],
    ],
    trainable: 2,
  },
  {
    className: "ZeroPadding1D",
    factory: "zeroPadding1d",
    positional: [[1, 2]],
    options: { padding: [0, 2] },
    inputs: [sequence],
    keepsIntegers: true,
  },
  {
    className: "ZeroPadding2D",
    factory: "zeroPadding2d",
    positional: [2],
    options: { padding: [1, 2], dataFormat: "channels_first" },
    inputs: [image],
    keepsIntegers: true,
  },
  {
    className: "ZeroPadding3D",
    factory: "zeroPadding3d",
    positional: [2],
    options: { padding: 1 },
    inputs: [volume],
    keepsIntegers: true,
  },
];

type Factory = (...args: readonly unknown[]) => Layer;
type LayerClass = (new (
  ...args: readonly unknown[]
) => Layer) & {
  fromConfig(config: Readonly<Record<string, unknown>>): Layer;
};

/** A public name, taken as a factory. */
export function publicFactory(name: string): Factory {
  return (tilework as unknown as Record<string, Factory>)[name]!;
}

/** A public name, taken as a layer's class. */
export function publicClass(name: string): LayerClass {
  return (tilework as unknown as Record<string, LayerClass>)[name]!;
}
