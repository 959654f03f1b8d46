import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differentiate } from "../../compiler/differentiate.ts";
import { input } from "../../graph/program.ts";
import type { Value } from "../../graph/value.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { evaluateReference } from "../../runtime/reference/evaluate.ts";
import type { Shape } from "../../tensor/shape.ts";
import { FixedContext } from "../../testing/fixed-context.ts";
import { formulaInputs, formulaLossWeights, formulaWeight } from "../../testing/formula-data.ts";
import type { FixtureArray } from "../../testing/keras-fixture.ts";
import { layerOf } from "../../testing/layer-classes.ts";
import { runNests } from "../../testing/run-nests.ts";
import { firstDifference, tolerances } from "../../testing/tolerances.ts";

/** One case of tools/goldens/core_layers.py. */
interface CoreLayerCase {
  readonly layer: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputShapes: readonly Shape[];
  readonly training: boolean;
  readonly mask?: readonly (readonly boolean[])[];
  readonly weights: readonly string[];
  readonly output: FixtureArray;
  readonly inputGradients: readonly FixtureArray[];
  readonly weightGradients: readonly FixtureArray[];
  readonly updated: readonly FixtureArray[];
}

const fixture = new URL("../../../fixtures/keras/core-layers.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, "utf8")) as { cases: CoreLayerCase[] };

function inputData(shape: Shape, place: number): Float64Array {
  return (place === 0 ? formulaInputs.ordinary(shape) : formulaWeight(shape, 10 + place)).data;
}

function weightData(name: string, shape: Shape, place: number): Float64Array {
  const { data } = formulaWeight(shape, place);
  return name === "moving_variance" ? data.map((value) => Math.abs(value) + 0.5) : data;
}

test.each(
  cases.map(
    (one) => [one.layer, JSON.stringify(one.config), one.training ? "training" : "inference", one] as const,
  ),
)("%s with %s in %s gives Keras's output, gradients and statistics", (name, _, __, one) => {
  const layer = layerOf(name, one.config);
  expect(layer.computeOutputShapes(one.inputShapes)).toEqual([one.output.shape]);
  layer.ensureBuilt(one.inputShapes);
  expect(layer.weights.map((weight) => weight.name)).toEqual(one.weights);

  const inputs: Record<string, Value> = {};
  const feeds: Record<string, Float64Array> = {};
  const feed = (key: string, shape: Shape, data: Float64Array): Value => {
    feeds[key] = data;
    return (inputs[key] = input(key, { shape, dtype: "float32" }));
  };
  const xs = one.inputShapes.map((shape, place) => feed(`x${place}`, shape, inputData(shape, place)));
  const weights = layer.weights.map((weight, place) =>
    feed(`w${place}`, weight.shape, weightData(weight.name, weight.shape, place)),
  );
  const maskShape = one.mask && [one.mask.length, one.mask[0]!.length];
  const mask = maskShape && feed("mask", maskShape, Float64Array.from(one.mask!.flat(), Number));
  const scale = feed("scale", one.output.shape, formulaLossWeights(one.output.shape).data);
  const context = new FixedContext(
    new Map(layer.weights.map((weight, at) => [weight, weights[at]!])),
    one.training,
  );
  const [y] = layer.callAll(xs, context, mask);

  const trained = layer.trainableWeights.map((weight) => weights[layer.weights.indexOf(weight)]!);
  const gradients = differentiate(reduceSum(multiply(y!, scale)), [...xs, ...trained]);
  const outputs: Record<string, Value> = { output: y! };
  const expected: Record<string, FixtureArray> = { output: one.output };
  const expect_ = (key: string, value: Value | undefined, array: FixtureArray): void => {
    if (value !== undefined) outputs[key] = value;
    expected[key] = array;
  };
  [...one.inputGradients, ...one.weightGradients].forEach((array, at) => {
    expect_(`gradient${at}`, gradients[at], array);
  });
  const statistics = layer.nonTrainableWeights.filter((weight) => context.updates.has(weight));
  statistics.forEach((weight, at) => {
    expect_(`updated ${weight.name}`, context.updates.get(weight), one.updated[at]!);
  });
  expect(Object.keys(outputs)).toEqual(Object.keys(expected));

  const computed = evaluateReference(Object.values(outputs), new Map(Object.entries(feeds)));
  const onNests = runNests({ inputs, outputs, updates: [] }, feeds);
  Object.keys(outputs).forEach((key, at) => {
    const numbers = expected[key]!.data.map(Number);
    expect(outputs[key]!.shape).toEqual(expected[key]!.shape);
    expect([key, firstDifference(computed[at]!, numbers, tolerances.sum)]).toEqual([key, undefined]);
    expect([key, firstDifference(onNests[key]!, numbers, tolerances.sum)]).toEqual([key, undefined]);
  });
});
