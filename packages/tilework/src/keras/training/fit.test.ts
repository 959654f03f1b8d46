import { afterAll, beforeAll, expect, test } from "vitest";
import { configure } from "../../runtime/configure.ts";
import type { NDArray } from "../../tensor/ndarray.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";
import { camelCaseOptions, changedNoise, kerasCases, noise } from "../../testing/training-data.ts";
import { dense } from "../layers/core/dense.ts";
import { input } from "../layers/input-layer.ts";
import { model } from "../models/functional.ts";
import type { Model } from "../models/model.ts";
import { sgd } from "../optimizers/sgd.ts";
import type { CompileOptions } from "./compile-options.ts";
import type { FitOptions } from "./fit-options.ts";

interface FitCase {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>> & {
    readonly sampleWeight?: true;
    readonly validationData?: "plain" | "weighted";
  };
  readonly compile: Readonly<Record<string, unknown>>;
  readonly outputs: 1 | 2;
  readonly history: Readonly<Record<string, readonly number[]>>;
  readonly epoch: readonly number[];
  readonly weights: readonly (readonly number[])[];
}

const rows = 23;
const x = noise(80, [rows, 4]);
const kind = changedNoise(81, [rows], (value) => Math.floor(value * 3));
const size = noise(82, [rows, 1]);
const weights = changedNoise(83, [rows], (value) => Math.round(value * 200) / 100);

/** The first rows of an array. */
function head(array: NDArray, count: number, factor = 1): { data: Float32Array; shape: number[] } {
  const [, ...rowShape] = array.shape;
  const rowSize = array.data.length / array.shape[0]!;
  const data = Float32Array.from(array.data.subarray(0, count * rowSize), (value) => value * factor);
  return { data, shape: [count, ...rowShape] };
}

async function makeModel(outputs: 1 | 2): Promise<Model> {
  const features = input([4], { name: "features" });
  const hidden = dense(5, { activation: "relu", name: "hidden" }).apply(features);
  const kinds = dense(3, { activation: "softmax", name: "kind" }).apply(hidden);
  const sizes = dense(1, { name: "size" });
  const made = model(features, outputs === 1 ? kinds : [kinds, sizes.apply(hidden)]);
  await made.setWeights(
    made.weights.map(({ shape }, place) => changedNoise(70 + place, shape, (value) => value - 0.5)),
  );
  return made;
}

beforeAll(() => configure({ device: "reference" }));
afterAll(() => configure({}));

test.each(kerasCases<FitCase>("fit.json"))("fits as Keras does: $name", async (given) => {
  const made = await makeModel(given.outputs);
  made.compile({
    ...(camelCaseOptions(given.compile) as CompileOptions),
    optimizer: sgd({ learningRate: 0.5 }),
  });
  const { sampleWeight, validationData, ...options } = given.options;
  const held = [head(x, 7, 0.5), head(kind, 7), head(weights, 7)] as const;
  const history = await made.fit(x, given.outputs === 1 ? kind : [kind, size], {
    ...(options as FitOptions),
    ...(sampleWeight && { sampleWeight: weights }),
    ...(validationData && { validationData: validationData === "plain" ? [held[0], held[1]] : held }),
    shuffle: false,
    verbose: 0,
  });
  expect(history.epoch).toEqual(given.epoch);
  expect(Object.keys(history.history).sort()).toEqual(Object.keys(given.history).sort());
  for (const [name, values] of Object.entries(given.history))
    expect([name, firstDifference(history.history[name]!, values, tolerances.sum)]).toEqual([
      name,
      undefined,
    ]);
  const after = await made.getWeights();
  after.forEach(({ data }, i) => {
    expect(firstDifference(data, given.weights[i]!, tolerances.sum)).toBeUndefined();
  });
});
