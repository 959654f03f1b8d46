/** A small convolutional network's whole training step as one program, for tests of devices and of the compiler. */
import { differentiate } from "../compiler/differentiate.ts";
import { input, type Program, read } from "../graph/program.ts";
import type { Variable } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { subtract } from "../ops/binary/subtract.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { sparseCrossentropyWithLogits } from "../ops/loss/sparse-crossentropy-with-logits.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { maxPool } from "../ops/pooling/max-pool.ts";
import { reduceMean } from "../ops/reduce/reduce-mean.ts";
import { reshape } from "../ops/shape/reshape.ts";
import { relu } from "../ops/unary/relu.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";

export interface TrainingStep {
  readonly program: Program;
  readonly variables: readonly { readonly variable: Variable; readonly data: Float32Array }[];
  /** Images of 10x10 and labels below 5. */
  feeds(step: number): { images: Float32Array; labels: Int32Array };
}

/** Convolution 3x3 with 8 filters, ReLU, 2x2 max pooling, dense to 5 classes, crossentropy, plain descent; on another step's variables where given. */
export function trainingStep(batch = 8, other?: TrainingStep): TrainingStep {
  const variable = (name: string, shape: Shape): Variable => ({ name, shape, dtype: "float32" });
  const all = other?.variables.map((known) => known.variable) ?? [
    variable("kernel", [3, 3, 1, 8]),
    variable("bias", [8]),
    variable("dense", [128, 5]),
  ];
  const images = input("images", { shape: [batch, 10, 10, 1], dtype: "float32" });
  const labels = input("labels", { shape: [batch], dtype: "int32" });
  const reads = all.map(read);
  const [kernelValue, biasValue, denseValue] = reads;
  const features = relu(add(convolution(images, kernelValue!, {}), biasValue!));
  const pooled = maxPool(features, { window: [2, 2] });
  const logits = matmul(reshape(pooled, [batch, 128]), denseValue!);
  const loss = reduceMean(sparseCrossentropyWithLogits(logits, labels));
  const gradients = differentiate(loss, reads);
  const updates = all.map((target, at) => ({
    variable: target,
    value: subtract(reads[at]!, multiply(gradients[at]!, 0.05)),
  }));
  return {
    program: { inputs: { images, labels }, outputs: { loss, logits }, updates },
    variables: all.map((target, at) => ({ variable: target, data: wave(sizeOf(target.shape), at, 0.3) })),
    feeds: (step) => ({
      images: wave(batch * 100, step + 10, 1),
      labels: Int32Array.from({ length: batch }, (_, i) => (i + step) % 5),
    }),
  };
}

function wave(length: number, seed: number, scale: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => scale * Math.sin((i + 1) * 12.9898 + seed * 78.233));
}
