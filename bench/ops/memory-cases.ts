/** Pooling, batch normalization and elementwise operations: what memory bounds. */
import {
  adaptiveAveragePool,
  adaptiveMaxPool,
  add,
  averagePool,
  averagePoolBackward,
  differentiate,
  greater,
  maxPool,
  maxPoolBackward,
  moments,
  multiply,
  reduceSum,
  relu,
  resolvePadding,
  rsqrt,
  subtract,
  type Value,
  where,
} from "tilework/internal";
import { CaseBuilder, elementsOf, type OpCase, type Pass } from "./op-case.ts";
import { describeShape, type PointShape, type PoolShape } from "./op-shape.ts";

const category = "memory";
const operationsAtOnce = 1;

export function poolCases(shape: PoolShape): OpCase[] {
  const { input } = shape;
  const sizes = input.slice(1, -1);
  const name = describeShape(shape);
  const forward = new CaseBuilder();
  const pooled = pool(shape, forward.given(input), true);
  const [values, codes] = pooled.node.outputs as [Value, Value | undefined];
  forward.result(values);
  if (codes !== undefined) forward.result(codes);
  const taps = elementsOf(windowSizes(shape));
  const operations = elementsOf(values.shape) * taps;
  const attributes = { ...(pooled.node.attributes as { readonly pool: PoolWindow }), inputSizes: sizes };
  const backward = new CaseBuilder();
  const upstream = backward.given(values.shape);
  backward.result(
    codes === undefined
      ? averagePoolBackward(upstream, attributes)
      : maxPoolBackward(
          backward.given(codes.shape, { dtype: codes.dtype, below: taps }),
          upstream,
          attributes,
        ),
  );
  const cases = [
    forward.build({ name, pass: "forward", category, operationsAtOnce, operations }),
    backward.build({ name, pass: "backward", category, operationsAtOnce, operations }),
  ];
  if (codes === undefined) return cases;
  const inference = new CaseBuilder();
  inference.result(pool(shape, inference.given(input), false));
  return [...cases, inference.build({ name, pass: "inference", category, operationsAtOnce, operations })];
}

type PoolWindow = Parameters<typeof maxPoolBackward>[2]["pool"];

/** Of adaptive pooling: of a usual window. */
function windowSizes({ input, window, outputSizes }: PoolShape): number[] {
  const sizes = input.slice(1, -1);
  if (outputSizes !== undefined) return sizes.map((size, axis) => Math.ceil(size / outputSizes[axis]!));
  return window === "global" ? sizes : [...window!];
}

function pool(shape: PoolShape, x: Value, codes: boolean): Value {
  const { op, input, strides, outputSizes } = shape;
  if (outputSizes !== undefined)
    return op === "maxPool"
      ? adaptiveMaxPool(x, { outputSizes, codes })
      : adaptiveAveragePool(x, { outputSizes });
  const window = windowSizes(shape);
  const sizes = input.slice(1, -1);
  const padding = resolvePadding(shape.padding ?? "valid", { sizes, window, strides: strides ?? window });
  const options = { window, padding, ...(strides !== undefined && { strides }) };
  return op === "maxPool" ? maxPool(x, { ...options, codes }) : averagePool(x, options);
}

export function pointCases(shape: PointShape): OpCase[] {
  return shape.op === "batchNormalization" ? normalizationCases(shape) : elementwiseCases(shape);
}

function elementwiseCases(shape: PointShape): OpCase[] {
  const { input, op } = shape;
  const elements = elementsOf(input);
  const name = describeShape(shape);
  const forward = new CaseBuilder();
  const x = forward.given(input);
  const sum = op === "relu" ? x : add(x, forward.given(input));
  forward.result(op === "add" ? sum : relu(sum));
  const operations = elements * (op === "addRelu" ? 2 : 1);
  const cases = [forward.build({ name, pass: "forward", category, operationsAtOnce, operations })];
  if (op !== "relu") return cases;
  const backward = new CaseBuilder();
  const positive = greater(backward.given(input), 0);
  backward.result(where(positive, backward.given(input), 0));
  return [...cases, backward.build({ name, pass: "backward", category, operationsAtOnce, operations })];
}

/**
 * Batch normalization over all axes but the last, as the layer writes it. Its statistics need the whole input before
 * the first result, and its gradient two sums before the first derivative: so training's forward pass reads the input
 * twice, and its backward pass input and upstream gradient twice each.
 */
function normalizationCases(shape: PointShape): OpCase[] {
  const { input } = shape;
  const elements = elementsOf(input);
  const features = [input.at(-1)!];
  const name = describeShape(shape);
  const build = (pass: Pass, perElement: number, write: (builder: CaseBuilder) => void): OpCase => {
    const builder = new CaseBuilder();
    write(builder);
    return builder.build({ name, pass, category, operationsAtOnce, operations: perElement * elements });
  };
  return [
    build("inference", 2, (b) => {
      const [mean, variance] = [b.given(features), b.given(features, { below: 3 })];
      b.result(normalize(b.given(input), mean, variance, b.given(features), b.given(features)));
    }),
    build("forward", 5, (b) =>
      b.result(normalizeBatch(b.given(input, { times: 2 }), b.given(features), b.given(features))),
    ),
    build("training", 12, (b) => {
      const [x, gamma, beta] = [b.given(input, { times: 4 }), b.given(features), b.given(features)];
      const y = normalizeBatch(x, gamma, beta);
      const gradients = differentiate(reduceSum(multiply(y, b.given(input, { times: 2 }))), [x, gamma, beta]);
      b.result(y);
      for (const gradient of gradients) b.result(gradient!);
    }),
  ];
}

function normalizeBatch(x: Value, gamma: Value, beta: Value): Value {
  const [mean, variance] = moments(x, { axes: x.shape.map((_, axis) => axis).slice(0, -1) });
  return normalize(x, mean, variance, gamma, beta);
}

function normalize(x: Value, mean: Value, variance: Value, gamma: Value, beta: Value): Value {
  const factor = multiply(rsqrt(add(variance, 0.001)), gamma);
  return add(multiply(subtract(x, mean), factor), beta);
}
