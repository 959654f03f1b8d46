import { expect, test } from "vitest";
import { FixedContext } from "../../testing/fixed-context.ts";
import { checkLayerCase, layerCases } from "../../testing/keras-fixture.ts";
import { layerOf } from "../../testing/layer-classes.ts";

const cases = [...layerCases("pooling.json"), ...layerCases("convolution.json")].filter(
  ({ layer }) => !layer.startsWith("Separable"),
);

test.each(
  cases.map(
    (layerCase) => [layerCase.layer, JSON.stringify(layerCase.config), layerCase.input, layerCase] as const,
  ),
)("%s with %s on %s numbers gives Keras's output and gradients", (name, _, __, layerCase) => {
  const layer = layerOf(name, layerCase.config);
  const { inputShape } = layerCase;
  expect(layer.computeOutputShape(inputShape)).toEqual(layerCase.output.shape);
  layer.ensureBuilt([inputShape]);
  expect(layer.weights.map(({ shape }) => shape)).toEqual(
    (layerCase.weightGradients ?? []).map(({ shape }) => shape),
  );
  checkLayerCase(layerCase, (x, weights) => {
    const values = new Map(layer.weights.map((weight, place) => [weight, weights[place]!]));
    return layer.call(x, new FixedContext(values));
  });
});
