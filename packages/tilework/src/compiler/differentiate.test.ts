import { expect, test } from "vitest";
import { applyOp, type OpDefinition } from "../graph/define-op.ts";
import { input, nodesOf } from "../graph/program.ts";
import type { Value } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { greater } from "../ops/binary/comparison.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { fill } from "../ops/fill.ts";
import { argmax } from "../ops/reduce/argmax.ts";
import { reduceSum } from "../ops/reduce/reduce-sum.ts";
import { oneHot } from "../ops/shape/one-hot.ts";
import { cast } from "../ops/unary/cast.ts";
import { exp } from "../ops/unary/exponential.ts";
import { square } from "../ops/unary/powers.ts";
import { stopGradient } from "../ops/unary/stop-gradient.ts";
import { where } from "../ops/where.ts";
import { evaluateReference } from "../runtime/reference/evaluate.ts";
import { ArgumentError, ShapeError } from "../util/errors.ts";
import { differentiate } from "./differentiate.ts";

const x = input("x", { shape: [3], dtype: "float32" });
const y = input("y", { shape: [3], dtype: "float32" });
const feeds = new Map([
  ["x", [1, -2, 3]],
  ["y", [0.5, 4, -1]],
]);

const opaque: OpDefinition<undefined> = {
  name: "opaque",
  infer: ([type]) => [type!],
  reference: ([array]) => [array!.data],
};

function evaluate(value: Value | undefined): number[] | undefined {
  return value && Array.from(evaluateReference([value], feeds)[0]!);
}

test("contributions of all uses of a value are summed", () => {
  const loss = reduceSum(add(add(multiply(x, x), x), multiply(x, y)));
  const [dx, dy] = differentiate(loss, [x, y]);
  expect(evaluate(dx)).toEqual([3.5, 1, 6]);
  expect(evaluate(dy)).toEqual([1, -2, 3]);
});

test("an intermediate value can be differentiated by, and so can the loss itself", () => {
  const squares = square(x);
  const loss = reduceSum(multiply(squares, y));
  expect(differentiate(loss, [squares, loss]).map(evaluate)).toEqual([[0.5, 4, -1], [1]]);
});

test("there is no derivative where nothing flows", () => {
  const loss = reduceSum(where(greater(x, 0), stopGradient(x), y));
  const [dx, dy] = differentiate(loss, [x, y]);
  expect(dx).toBeUndefined();
  expect(evaluate(dy)).toEqual([0, 1, 0]);
});

test("nothing flows through integers and bools", () => {
  const loss = reduceSum(add(oneHot(argmax(x), 3), cast(greater(x, 0), "float32")));
  expect(differentiate(loss, [x])).toEqual([undefined]);
});

test("an op without a gradient is named, with its layer, only where its gradient is needed", () => {
  const blocked = applyOp(opaque, [x], undefined)[0]!;
  blocked.node.origin = "my_layer";
  const loss = reduceSum(multiply(blocked, y));
  expect(() => differentiate(loss, [x])).toThrow(ArgumentError);
  expect(() => differentiate(loss, [x])).toThrow("opaque in my_layer has no gradient");
  expect(evaluate(differentiate(loss, [y])[0])).toEqual([1, -2, 3]);
});

test("a loss of several elements is refused", () => {
  expect(() => differentiate(square(x), [x])).toThrow(ShapeError);
  expect(() => differentiate(fill(1, [], "int32"), [x])).toThrow("must be one float32 element, not int32 ()");
});

test("backward nodes carry the origin of the forward node, which keeps its own", () => {
  const inner = exp(x);
  inner.node.origin = "layer_a";
  const outer = square(inner);
  outer.node.origin = "layer_b";
  const loss = reduceSum(outer);
  loss.node.origin = "loss";
  const forward = new Set(nodesOf([loss]));
  const gradient = differentiate(loss, [x])[0]!;
  expect(gradient.node.origin).toBe("layer_a");
  const origins = nodesOf([gradient])
    .filter((node) => !forward.has(node))
    .map((node) => `${node.op.name} of ${node.origin}`);
  expect(origins).toEqual([
    "fill of loss",
    "reshape of loss",
    "broadcastTo of loss",
    "fill of layer_b",
    "multiply of layer_b",
    "multiply of layer_b",
    "multiply of layer_a",
  ]);
  expect(x.node.origin).toBeUndefined();
});

test("the same program gives the same gradient program", () => {
  const build = (): string[] => {
    const loss = reduceSum(multiply(exp(multiply(x, y)), add(x, square(y))));
    return nodesOf(differentiate(loss, [y, x]) as Value[]).map((node) => node.op.name);
  };
  expect(build()).toEqual(build());
});
