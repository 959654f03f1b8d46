/** A training step over convolutions of many kinds, large enough for its kernels to be worth timing. */
import { differentiate } from "../compiler/differentiate.ts";
import { input, type Program, read } from "../graph/program.ts";
import type { Value, Variable } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { subtract } from "../ops/binary/subtract.ts";
import { convolution } from "../ops/convolution/convolution.ts";
import { averagePool } from "../ops/pooling/average-pool.ts";
import { maxPool } from "../ops/pooling/max-pool.ts";
import { reduceMean } from "../ops/reduce/reduce-mean.ts";
import { square } from "../ops/unary/powers.ts";
import { relu } from "../ops/unary/relu.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";

export interface MixedConvolutions {
  readonly program: Program;
  readonly variables: readonly { readonly variable: Variable; readonly data: Float32Array }[];
  readonly feeds: { readonly images: Float32Array };
}

/** 5x5 with stride 2, depthwise, 1x1 and dilated 3x3 convolutions with odd numbers of channels, and pooling. */
export function mixedConvolutions(batch: number): MixedConvolutions {
  const shapes: Shape[] = [
    [5, 5, 3, 24],
    [3, 3, 1, 24],
    [1, 1, 24, 40],
    [3, 3, 40, 18],
  ];
  const variables = shapes.map((shape, at): Variable => ({ name: `kernel${at}`, shape, dtype: "float32" }));
  const kernels = variables.map(read);
  const images = input("images", { shape: [batch, 21, 21, 3], dtype: "float32" });
  const around = (pixels: number): [number, number][] => [
    [pixels, pixels],
    [pixels, pixels],
  ];
  let x: Value = relu(convolution(images, kernels[0]!, { strides: [2, 2] }));
  x = maxPool(x, { window: [2, 2], strides: [1, 1] });
  x = add(x, convolution(x, kernels[1]!, { padding: around(1), groups: 24 }));
  x = relu(convolution(x, kernels[2]!, {}));
  x = averagePool(x, { window: [3, 3], strides: [1, 1], padding: around(1) });
  x = convolution(x, kernels[3]!, { padding: around(2), dilation: [2, 2] });
  const loss = reduceMean(square(x));
  const gradients = differentiate(loss, kernels);
  const updates = variables.map((variable, at) => ({
    variable,
    value: subtract(kernels[at]!, multiply(gradients[at]!, 0.1)),
  }));
  return {
    program: { inputs: { images }, outputs: { loss }, updates },
    variables: variables.map((variable, at) => ({ variable, data: wave(sizeOf(variable.shape), at) })),
    feeds: { images: wave(batch * 21 * 21 * 3, 7) },
  };
}

function wave(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233) / 2);
}
