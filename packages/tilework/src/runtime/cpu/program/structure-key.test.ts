import { expect, test } from "vitest";
import { defineOp, type Op } from "../../../graph/define-op.ts";
import { input, type Program, read } from "../../../graph/program.ts";
import type { Value, Variable } from "../../../graph/value.ts";
import { type OpNumbers, structureKey } from "./structure-key.ts";

interface Attributes {
  readonly amount?: unknown;
}

const first: Op<[Value, Value], Attributes> = defineOp({
  name: "mix",
  infer: ([x]) => [x!],
  reference: ([x]) => [x!.data],
});
const second: Op<[Value, Value], Attributes> = defineOp({ ...first.definition });

function program({
  op = first,
  amount = 1 as unknown,
  name = "w",
  size = 2,
  output = "y",
  swap = false,
}): Program {
  const weight: Variable = { name, shape: [size], dtype: "float32" };
  const x = input("x", { shape: [size], dtype: "float32" });
  const y = swap ? op(x, read(weight), { amount }) : op(read(weight), x, { amount });
  return { inputs: { x }, outputs: { [output]: y }, updates: [{ variable: weight, value: y }] };
}

const ops: OpNumbers = new Map();
const plain = structureKey(program({}), ops);

test("variables' names do not count", () => {
  expect(plain).toBeDefined();
  expect(structureKey(program({ name: "other" }), ops)).toBe(plain);
});

test.each([
  [{ op: second }],
  [{ amount: 2 }],
  [{ amount: -0 }],
  [{ amount: "1" }],
  [{ amount: [1] }],
  [{ amount: Int32Array.of(1) }],
  [{ size: 3 }],
  [{ output: "z" }],
  [{ swap: true }],
])("everything else counts: %o", (change) => {
  expect(structureKey(program(change), ops)).not.toBe(plain);
});

test.each([[() => 1], [new Map()]])("what has no serial form has no key: %s", (amount) => {
  expect(structureKey(program({ amount }), ops)).toBeUndefined();
});

test("zeros of different sign, and numbers and texts, are told apart", () => {
  const keys = [0, -0, "0", Number.NaN, null, undefined].map((amount) =>
    structureKey(program({ amount }), ops),
  );
  expect(new Set(keys).size).toBe(6);
});
