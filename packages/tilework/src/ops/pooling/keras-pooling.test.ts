import { expect, test } from "vitest";
import type { Value } from "../../graph/value.ts";
import { checkLayerCase, type LayerCase, layerCases, perAxis } from "../../testing/keras-fixture.ts";
import { type PaddingMode, resolvePadding } from "../convolution/resolve-padding.ts";
import { adaptiveAveragePool, adaptiveMaxPool } from "./adaptive-pool.ts";
import { averagePool } from "./average-pool.ts";
import { maxPool } from "./max-pool.ts";

const windowed = layerCases("pooling.json").filter(
  ({ layer, config }) => !layer.startsWith("Global") && config.data_format !== "channels_first",
);

function traced({ layer, config, inputShape }: LayerCase, x: Value): Value {
  const sizes = inputShape.slice(1, -1);
  if (layer.startsWith("Adaptive")) {
    const outputSizes = perAxis(config.output_size, sizes.length);
    return layer.includes("Max")
      ? adaptiveMaxPool(x, { outputSizes })
      : adaptiveAveragePool(x, { outputSizes });
  }
  const window = perAxis(config.pool_size, sizes.length);
  const strides = perAxis(config.strides ?? config.pool_size, sizes.length);
  const padding = resolvePadding((config.padding ?? "valid") as PaddingMode, { sizes, window, strides });
  const options = { window, strides, padding };
  return layer.startsWith("Max") ? maxPool(x, options) : averagePool(x, options);
}

test.each(
  windowed.map(
    (layerCase) => [layerCase.layer, JSON.stringify(layerCase.config), layerCase.input, layerCase] as const,
  ),
)("Keras's %s with %s on %s numbers: output and gradient", (_, __, ___, layerCase) => {
  expect.hasAssertions();
  checkLayerCase(layerCase, (x) => traced(layerCase, x));
});
