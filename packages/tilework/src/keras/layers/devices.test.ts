import { expect, test } from "vitest";
import { configure, dense, flatten, input, model, type NDArray, setRandomSeed, sgd } from "../../index.ts";
import type { Shape } from "../../tensor/shape.ts";
import { formulaInputs } from "../../testing/formula-data.ts";
import { type LayerContract, layerContracts, publicFactory } from "../../testing/layer-contract.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";

/** Trains the layer under a small classifier for two steps, then predicts; the losses and the predictions. */
async function trained(
  device: "reference" | "wasm",
  { factory, positional, inputs }: LayerContract,
): Promise<number[]> {
  configure({ device });
  setRandomSeed(3);
  const tensors = inputs.map((shape) => input(shape.slice(1)));
  const features = flatten().apply(publicFactory(factory)(...positional).apply(tensors));
  const network = model(tensors, dense(3, { activation: "softmax" }).apply(features));
  network.compile({ optimizer: sgd({ learningRate: 0.05 }), loss: "categorical_crossentropy" });
  const examples = inputs.map((shape) => numbers(shape));
  const rows = inputs[0]![0]!;
  const labels = {
    data: Float32Array.from({ length: rows * 3 }, (_, i) => Number(i % 3 === 0)),
    shape: [rows, 3],
  };
  const options = { epochs: 2, batchSize: 2, shuffle: false, verbose: 0 } as const;
  const { history } = await network.fit(examples, labels, options);
  const predictions = (await network.predict(examples, { verbose: 0 })) as NDArray;
  return [...(history.loss as number[]), ...predictions.data];
}

function numbers(shape: Shape): { readonly data: Float32Array; readonly shape: Shape } {
  return { data: Float32Array.from(formulaInputs.ordinary(shape).data), shape };
}

test.each(layerContracts)("$className trains on wasm as on the reference device", async (contract) => {
  const expected = await trained("reference", contract);
  const got = await trained("wasm", contract);
  expect(firstDifference(got, expected, tolerances.sum)).toBe(undefined);
});
