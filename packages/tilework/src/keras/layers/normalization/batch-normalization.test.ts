import { expect, test } from "vitest";
import { differentiate } from "../../../compiler/differentiate.ts";
import { countBytes } from "../../../compiler/explain/count-bytes.ts";
import { fuseNests } from "../../../compiler/fusion/fuse.ts";
import { lowerProgram } from "../../../compiler/lower.ts";
import { simplify } from "../../../compiler/simplify.ts";
import { input } from "../../../graph/program.ts";
import type { Value } from "../../../graph/value.ts";
import { multiply } from "../../../ops/binary/multiply.ts";
import { reduceSum } from "../../../ops/reduce/reduce-sum.ts";
import { relu } from "../../../ops/unary/relu.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { FixedContext } from "../../../testing/fixed-context.ts";
import type { Weight } from "../weight.ts";
import { batchNormalization } from "./batch-normalization.ts";

const shape = [32, 12, 10, 24];
const bytes = 4 * sizeOf(shape);

/** How often whole tensors of the images' size are read and written. */
function passes(outputs: Readonly<Record<string, Value>>): { read: number; written: number } {
  const names = Object.keys(outputs);
  const values = simplify(Object.values(outputs));
  const lowered = lowerProgram({
    inputs: {},
    outputs: Object.fromEntries(names.map((name, i) => [name, values[i]!])),
    updates: [],
  });
  const traffic = fuseNests(lowered).nests.map(({ nest }) => countBytes(nest));
  const times = (of: "read" | "written"): number =>
    traffic.reduce((sum, each) => sum + Math.floor(each[of] / bytes), 0);
  return { read: times("read"), written: times("written") };
}

test("a normalization reads its images twice, and with their gradient twice more on the way back", () => {
  const layer = batchNormalization();
  layer.build(shape);
  const weights = layer.weights.map((weight, i): [Weight, Value] => [
    weight,
    input(`weight${i}`, { shape: weight.shape, dtype: "float32" }),
  ]);
  const images = input("images", { shape, dtype: "float32" });
  const upstream = input("upstream", { shape, dtype: "float32" });
  const normal = relu(layer.call(images, new FixedContext(new Map(weights), true)));
  expect(passes({ normal })).toEqual({ read: 2, written: 1 });
  const trained = weights.filter(([weight]) => weight.trainable).map(([, value]) => value);
  const [byImages, ...byWeights] = differentiate(reduceSum(multiply(normal, upstream)), [images, ...trained]);
  const gradients = Object.fromEntries(byWeights.map((value, i) => [`gradient${i}`, value!]));
  expect(byWeights).toHaveLength(2);
  // Forward the images twice; the upstream once for what the relu lets through; that and the images twice.
  expect(passes({ normal, byImages: byImages!, ...gradients })).toEqual({
    read: 2 + 1 + 4,
    written: 1 + 1 + 1,
  });
});
