import { relu } from "../keras/layers/activations/relu.ts";
import { conv2d } from "../keras/layers/convolutional/conv-2d.ts";
import { dense } from "../keras/layers/core/dense.ts";
import { input } from "../keras/layers/input-layer.ts";
import type { KerasTensor } from "../keras/layers/keras-tensor.ts";
import { add } from "../keras/layers/merging/add.ts";
import { concatenate } from "../keras/layers/merging/concatenate.ts";
import { batchNormalization } from "../keras/layers/normalization/batch-normalization.ts";
import { globalAveragePooling2d } from "../keras/layers/pooling/global-average-pooling-2d.ts";
import { maxPooling2d } from "../keras/layers/pooling/max-pooling-2d.ts";
import { reshape } from "../keras/layers/reshaping/reshape.ts";
import { model } from "../keras/models/functional.ts";
import type { Model } from "../keras/models/model.ts";

/** ResNet-20 of He et al. (arXiv 1512.03385, section 4.2) for 32x32x3. */
export function resnet20(): Model {
  const inputs = input([32, 32, 3]);
  let x = relu().apply(normalised(inputs, 16, 3, 1)) as KerasTensor;
  for (const [stage, filters] of [16, 32, 64].entries())
    for (let block = 0; block < 3; block++) x = residualBlock(x, filters, stage > 0 && block === 0 ? 2 : 1);
  const pooled = globalAveragePooling2d().apply(x) as KerasTensor;
  return model(inputs, dense(10, { activation: "softmax" }).apply(pooled) as KerasTensor);
}

function residualBlock(x: KerasTensor, filters: number, strides: number): KerasTensor {
  const inner = relu().apply(normalised(x, filters, 3, strides)) as KerasTensor;
  const y = normalised(inner, filters, 3, 1);
  const shortcut = x.shape.at(-1) === filters ? x : normalised(x, filters, 1, strides);
  return relu().apply(add().apply([y, shortcut]) as KerasTensor) as KerasTensor;
}

function normalised(x: KerasTensor, filters: number, size: number, strides: number): KerasTensor {
  const options = { strides, padding: "same", useBias: false } as const;
  return batchNormalization().apply(conv2d(filters, size, options).apply(x) as KerasTensor) as KerasTensor;
}

/** A network whose first results live until its end: down by pooling, up by reshaping channels, each level joined. */
export function uShapedNetwork(size: number, filters: number, levels: number): Model {
  const inputs = input([size, size, 3]);
  const convolve = (x: KerasTensor, count: number): KerasTensor =>
    conv2d(count, 3, { padding: "same", activation: "relu" }).apply(x) as KerasTensor;
  const skips: KerasTensor[] = [];
  let x: KerasTensor = inputs;
  for (let level = 0; level < levels; level++) {
    const skip = convolve(convolve(x, filters << level), filters << level);
    skips.push(skip);
    x = maxPooling2d(2).apply(skip) as KerasTensor;
  }
  x = convolve(x, filters << levels);
  for (let level = levels - 1; level >= 0; level--) {
    const side = size >> level;
    const raised = reshape([side, side, filters << level]).apply(
      convolve(x, (filters << level) * 4),
    ) as KerasTensor;
    const joined = concatenate().apply([raised, skips[level]!]) as KerasTensor;
    x = convolve(convolve(joined, filters << level), filters << level);
  }
  return model(inputs, conv2d(1, 1, { activation: "sigmoid" }).apply(x) as KerasTensor);
}
