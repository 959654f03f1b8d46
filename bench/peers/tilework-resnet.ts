/** ResNet-20 of He et al. (arXiv 1512.03385, section 4.2) for 32x32x3: 3 stages of 3 blocks, 16 to 64 channels. */
import {
  add,
  batchNormalization,
  conv2d,
  dense,
  globalAveragePooling2d,
  input,
  type KerasTensor,
  type Model,
  model,
  relu,
} from "tilework";

export function resnet20(): Model {
  const inputs = input([32, 32, 3]);
  let x = relu().apply(normalised(inputs, 16, 3, 1)) as KerasTensor;
  for (const [stage, filters] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const inner = relu().apply(normalised(x, filters, 3, strides)) as KerasTensor;
      const y = normalised(inner, filters, 3, 1);
      const shortcut = x.shape.at(-1) === filters ? x : normalised(x, filters, 1, strides);
      x = relu().apply(add().apply([y, shortcut]) as KerasTensor) as KerasTensor;
    }
  }
  const pooled = globalAveragePooling2d().apply(x) as KerasTensor;
  return model(inputs, dense(10, { activation: "softmax" }).apply(pooled) as KerasTensor);
}

function normalised(x: KerasTensor, filters: number, size: number, strides: number): KerasTensor {
  const convolved = conv2d(filters, size, { strides, padding: "same", useBias: false }).apply(
    x,
  ) as KerasTensor;
  return batchNormalization().apply(convolved) as KerasTensor;
}
