import { expect, test } from "vitest";
import type { Value } from "../../graph/value.ts";
import { checkLayerCase, type LayerCase, layerCases, perAxis } from "../../testing/keras-fixture.ts";
import { add } from "../binary/add.ts";
import { relu } from "../unary/relu.ts";
import { convolution } from "./convolution.ts";
import { convolutionBackwardData } from "./convolution-backward-data.ts";
import { depthwiseConvolution } from "./depthwise-convolution.ts";
import { type PaddingMode, resolvePadding } from "./resolve-padding.ts";
import { resolveTransposedPadding } from "./resolve-transposed-padding.ts";
import type { WindowOptions } from "./window.ts";

const channelsLast = layerCases("convolution.json").filter(
  ({ config }) => config.data_format !== "channels_first",
);

function windowOf({ config, inputShape }: LayerCase): Required<WindowOptions> {
  const sizes = inputShape.slice(1, -1);
  const strides = perAxis(config.strides ?? 1, sizes.length);
  const dilation = perAxis(config.dilation_rate ?? 1, sizes.length);
  const window = perAxis(config.kernel_size, sizes.length);
  const mode = (config.padding ?? "valid") as PaddingMode;
  return { strides, dilation, padding: resolvePadding(mode, { sizes, window, strides, dilation }) };
}

function traced(layerCase: LayerCase, x: Value, weights: readonly Value[]): Value {
  const { layer, config } = layerCase;
  const options = windowOf(layerCase);
  if (layer.startsWith("Separable")) {
    const [depthwise, pointwise, bias] = weights as [Value, Value, Value];
    return add(convolution(depthwiseConvolution(x, depthwise, options), pointwise, {}), bias);
  }
  const [kernel, bias] = weights as [Value, Value];
  const y = layer.startsWith("Depthwise")
    ? depthwiseConvolution(x, kernel, options)
    : convolution(x, kernel, { ...options, groups: (config.groups as number | undefined) ?? 1 });
  return config.activation === "relu" ? relu(add(y, bias)) : add(y, bias);
}

test.each(
  channelsLast.map((layerCase) => [layerCase.layer, JSON.stringify(layerCase.config), layerCase] as const),
)("Keras's %s with %s: output and gradients", (_, __, layerCase) => {
  expect.hasAssertions();
  checkLayerCase(layerCase, (x, weights) => traced(layerCase, x, weights));
});

function transposed({ config, inputShape }: LayerCase, x: Value, kernel: Value): Value {
  const sizes = inputShape.slice(1, -1);
  const strides = perAxis(config.strides ?? 1, sizes.length);
  const dilation = perAxis(config.dilation_rate ?? 1, sizes.length);
  const window = perAxis(config.kernel_size, sizes.length);
  const { outputSizes: inputSizes, padding } = resolveTransposedPadding(config.padding as "valid" | "same", {
    ...{ sizes, window, strides, dilation },
    outputPadding:
      config.output_padding === undefined ? undefined : perAxis(config.output_padding, sizes.length),
  });
  return convolutionBackwardData(x, kernel, { strides, dilation, padding, inputSizes });
}

test.each(
  layerCases("convolution-transpose.json").map(
    (layerCase) => [layerCase.layer, JSON.stringify(layerCase.config), layerCase] as const,
  ),
)("Keras's %s with %s: output and gradients", (_, __, layerCase) => {
  expect.hasAssertions();
  checkLayerCase(layerCase, (x, [kernel, bias]) => add(transposed(layerCase, x, kernel!), bias!));
});
