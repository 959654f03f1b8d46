import { describe, expect, test } from "vitest";
import { input } from "../../../graph/program.ts";
import type { Value } from "../../../graph/value.ts";
import { evaluateReference } from "../../../runtime/reference/evaluate.ts";
import type { Shape } from "../../../tensor/shape.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { TraceContext } from "../call-context.ts";
import { type Dropout, dropout } from "./dropout.ts";

/** What the layers, one after the other, make of ones. */
function dropped(layers: readonly Dropout[], shape: Shape, seed = [1, 2], training = true): number[][] {
  const x = input("x", { shape, dtype: "float32" });
  const context = new TraceContext({ training, seed: input("seed", { shape: [2], dtype: "int32" }) });
  const values = layers.map((layer): Value => layer.call(x, context));
  const feeds = new Map<string, ArrayLike<number>>([
    ["x", new Float64Array(sizeOf(shape)).fill(1)],
    ["seed", seed],
  ]);
  return evaluateReference(values, feeds).map((data) => [...data]);
}

describe("dropout in training", () => {
  test.each([0.1, 0.5, 0.9])("drops a share of %d and scales the others up", (rate) => {
    const [values] = dropped([dropout(rate)], [100, 100]);
    const zeros = values!.filter((value) => value === 0).length;
    expect(zeros / 10_000).toBeCloseTo(rate, 1);
    const kept = new Set(values!.filter((value) => value !== 0));
    expect([...kept].map((value) => Number(value.toFixed(5)))).toEqual([Number((1 / (1 - rate)).toFixed(5))]);
  });

  test("drops nothing at rate 0 and everything at rate 1", () => {
    expect(new Set(dropped([dropout(0), dropout(1)], [4, 4]).map((values) => values.join()))).toEqual(
      new Set([new Array(16).fill(1).join(), new Array(16).fill(0).join()]),
    );
  });

  test("draws anew for each call, each step and each layer's seed, and the same for the same", () => {
    const [first, second, third] = dropped([dropout(0.5), dropout(0.5), dropout(0.5, { seed: 9 })], [64]);
    expect(first).not.toEqual(second);
    expect(second).not.toEqual(third);
    expect(dropped([dropout(0.5)], [64])[0]).toEqual(first);
    expect(dropped([dropout(0.5)], [64], [1, 3])[0]).not.toEqual(first);
    expect(dropped([dropout(0.5, { seed: 9 })], [64])[0]).not.toEqual(first);
  });

  test("shares the mask along axes of size 1 in noiseShape", () => {
    const [values] = dropped([dropout(0.5, { noiseShape: [null, 1, 8] })], [2, 5, 8]);
    for (let image = 0; image < 2; image++)
      for (let step = 1; step < 5; step++) {
        const row = (at: number) => values!.slice((image * 5 + at) * 8, (image * 5 + at + 1) * 8);
        expect(row(step)).toEqual(row(0));
      }
  });
});

test("dropout in inference changes nothing", () => {
  expect(dropped([dropout(0.5)], [8], [1, 2], false)[0]).toEqual(new Array(8).fill(1));
});
