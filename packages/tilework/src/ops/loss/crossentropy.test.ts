import { expect, test } from "vitest";
import { evaluate, gradientOf } from "../../testing/evaluate.ts";
import { constant } from "../constant.ts";
import { fill } from "../fill.ts";
import { softmax } from "../softmax/softmax.ts";
import { crossentropyWithLogits } from "./crossentropy-with-logits.ts";
import { sigmoidCrossentropyWithLogits } from "./sigmoid-crossentropy-with-logits.ts";
import { sparseCrossentropyWithLogits } from "./sparse-crossentropy-with-logits.ts";

const logits = constant([40, 0, -40], [1, 3]);
const label = constant([2], [1], "int32");

test("a confident mistake costs its full logit, as in Keras on TensorFlow", () => {
  expect(evaluate(sparseCrossentropyWithLogits(logits, label))).toEqual([80]);
  expect(evaluate(crossentropyWithLogits(logits, constant([0, 0, 1], [1, 3])))).toEqual([80]);
});

test("the gradient by the logits is softmax minus one-hot", () => {
  const x = constant([1, 2, 0.5], [1, 3]);
  const p = evaluate(softmax(x));
  const expected = [p[0]!, p[1]!, p[2]! - 1];
  expect(gradientOf(sparseCrossentropyWithLogits(x, label), x)).toEqual(expected);
  expect(gradientOf(crossentropyWithLogits(x, constant([0, 0, 1], [1, 3])), x)).toEqual(expected);
});

test("binary crossentropy does not overflow", () => {
  const x = constant([1000, -1000, 1000, 0], [4]);
  const target = constant([1, 0, 0, 1], [4]);
  expect(evaluate(sigmoidCrossentropyWithLogits(x, target))).toEqual([0, 0, 1000, Math.LN2]);
});

test.each([
  [
    () => sparseCrossentropyWithLogits(logits, fill(0, [2], "int32")),
    "sparseCrossentropyWithLogits: logits (1, 3) need labels of shape (1,), not (2,)",
  ],
  [
    () => sparseCrossentropyWithLogits(logits, fill(0, [1])),
    "sparseCrossentropyWithLogits: the label is float32, but must be int32 or uint8",
  ],
  [
    () => crossentropyWithLogits(logits, fill(0, [3])),
    "crossentropyWithLogits: logits (1, 3) need targets of the same shape, not (3,)",
  ],
])("targets that do not fit are refused (case %#)", (apply, message) => {
  expect(apply).toThrow(message);
});
