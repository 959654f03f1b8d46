/** What real Keras computed for a layer (fixtures/keras, written by tools/goldens/layers.py), and the comparison. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { differentiate } from "../compiler/differentiate.ts";
import { input } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { reduceSum } from "../ops/reduce/reduce-sum.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";
import type { Shape } from "../tensor/shape.ts";
import { formulaInputs, formulaLossWeights, formulaWeight } from "./formula-data.ts";
import { runNests } from "./run-nests.ts";
import { firstDifference, tolerances } from "./tolerances.ts";

/** NaN and infinities are strings. */
export interface FixtureArray {
  readonly shape: Shape;
  readonly data: readonly (number | string)[];
}

export interface LayerCase {
  /** Keras's class name. */
  readonly layer: string;
  /** What its constructor got, with Keras's keys. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputShape: Shape;
  /** Which of the formula inputs it was called on. */
  readonly input: keyof typeof formulaInputs;
  readonly output: FixtureArray;
  /** The gradients of the sum of the output times formulaLossWeights; left out where they are free. */
  readonly inputGradient?: FixtureArray;
  readonly weightGradients?: readonly FixtureArray[];
}

/** The cases of one fixture file. */
export function layerCases(file: string): readonly LayerCase[] {
  const path = new URL(`../../fixtures/keras/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: LayerCase[] }).cases;
}

/** A config entry of one number, or one a spatial axis, as one a spatial axis. */
export function perAxis(value: unknown, ndim: number): number[] {
  return Array.isArray(value) ? (value as number[]) : new Array<number>(ndim).fill(value as number);
}

/** Holds what `apply` traces to Keras's output and gradients, on the reference device and on the nests. */
export function checkLayerCase(
  layerCase: LayerCase,
  apply: (x: Value, weights: readonly Value[]) => Value,
): void {
  const { inputShape, output, inputGradient, weightGradients = [] } = layerCase;
  const x = input("x", { shape: inputShape, dtype: "float32" });
  const weights = weightGradients.map(({ shape }, at) => input(`weight${at}`, { shape, dtype: "float32" }));
  const lossWeights = input("lossWeights", { shape: output.shape, dtype: "float32" });
  const y = apply(x, weights);
  const outputs: Record<string, Value> = { output: y };
  const expected: Record<string, FixtureArray> = { output };
  if (inputGradient !== undefined) {
    const gradients = differentiate(reduceSum(multiply(y, lossWeights)), [x, ...weights]);
    [inputGradient, ...weightGradients].forEach((gradient, at) => {
      outputs[`gradient${at}`] = gradients[at]!;
      expected[`gradient${at}`] = gradient;
    });
  }
  const feeds = {
    x: formulaInputs[layerCase.input](inputShape).data,
    lossWeights: formulaLossWeights(output.shape).data,
    ...Object.fromEntries(weights.map(({ shape }, at) => [`weight${at}`, formulaWeight(shape, at).data])),
  };
  const inputs = {
    x,
    lossWeights,
    ...Object.fromEntries(weights.map((value, at) => [`weight${at}`, value])),
  };
  const computed = evaluateReference(Object.values(outputs), new Map(Object.entries(feeds)));
  const onNests = runNests({ inputs, outputs, updates: [] }, feeds);
  Object.keys(outputs).forEach((name, at) => {
    expect(outputs[name]!.shape).toEqual(expected[name]!.shape);
    const numbers = expected[name]!.data.map(Number);
    expect([name, firstDifference(computed[at]!, numbers, tolerances.sum)]).toEqual([name, undefined]);
    expect([name, firstDifference(onNests[name]!, numbers, tolerances.sum)]).toEqual([name, undefined]);
  });
}
