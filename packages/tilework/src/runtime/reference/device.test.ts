import { expect, test } from "vitest";
import { defineOp, type Op } from "../../graph/define-op.ts";
import { input, type Program, read } from "../../graph/program.ts";
import type { Value, Variable } from "../../graph/value.ts";
import { createReferenceDevice } from "./device.ts";
import { evaluateReference } from "./evaluate.ts";

const sum: Op<[Value, Value], Record<string, never>> = defineOp({
  name: "sum",
  infer: ([x]) => [x!],
  reference: ([x, y]) => [x!.data.map((element, at) => element + y!.data[at]!)],
});

const counter: Variable = { name: "counter", shape: [2], dtype: "float32" };

function accumulate(): Program {
  const x = input("x", { shape: [2], dtype: "float32" });
  const total = sum(read(counter), x, {});
  return { inputs: { x }, outputs: { total }, updates: [{ variable: counter, value: total }] };
}

test("values are computed in float64 from feeds by name or by value", () => {
  const x = input("x", { shape: [1], dtype: "float32" });
  const y = sum(x, x, {});
  expect(evaluateReference([y], new Map([["x", [0.1]]]))).toEqual([Float64Array.of(0.2)]);
  expect(evaluateReference([sum(y, y, {})], new Map([[y, [3]]]))).toEqual([Float64Array.of(6)]);
});

test("an input without a feed is named", () => {
  const x = input("pixels", { shape: [1], dtype: "float32" });
  expect(() => evaluateReference([x])).toThrow('"pixels" has no value; feed it');
});

test("updates carry over from step to step without rounding to float32", async () => {
  const device = createReferenceDevice();
  const store = device.createStore();
  store.add([{ variable: counter, data: Float32Array.of(2 ** 24, 0) }]);
  const executable = await device.load(accumulate());
  const outputs = await executable.run(store, [{ x: Float32Array.of(1, 1) }, { x: Float32Array.of(1, 2) }]);
  expect(outputs).toEqual([
    { total: Float32Array.of(2 ** 24, 1) },
    { total: Float32Array.of(2 ** 24 + 2, 3) },
  ]);
  expect(await store.read([counter])).toEqual([Float32Array.of(2 ** 24 + 2, 3)]);
});

test("feeds may name rows of a source", async () => {
  const device = createReferenceDevice();
  const store = device.createStore();
  store.add([{ variable: counter, data: Float32Array.of(0, 0) }]);
  const source = device.createSource(Float32Array.of(1, 2, 3, 4, 5, 6), 2, "float32");
  const executable = await device.load(accumulate());
  const outputs = await executable.run(store, [{ x: { source, rows: Uint32Array.of(2) } }]);
  expect(outputs).toEqual([{ total: Float32Array.of(5, 6) }]);
  await expect(executable.run(store, [{ x: { source, rows: Uint32Array.of(3) } }])).rejects.toThrow(
    "row 3 is outside the source's 3 rows",
  );
});

test("a snapshot brings back the variables", async () => {
  const device = createReferenceDevice();
  const store = device.createStore();
  store.add([{ variable: counter, data: Float32Array.of(1, 2) }]);
  const snapshot = await store.snapshot();
  const executable = await device.load(accumulate());
  await executable.run(store, [{ x: Float32Array.of(10, 10) }]);
  await store.restore(snapshot);
  expect(await store.read([counter])).toEqual([Float32Array.of(1, 2)]);
});

test.each([
  [{}, 'step 0 has no feed for the input "x"'],
  [{ x: Float32Array.of(1, 2), xx: Float32Array.of(1) }, 'step 0 feeds "xx"'],
  [{ x: Float32Array.of(1) }, "got 1 elements; the shape (2,) needs 2"],
])("feeds that do not fit are refused: %j", async (feeds, message) => {
  const device = createReferenceDevice();
  const store = device.createStore();
  store.add([{ variable: counter, data: Float32Array.of(1, 2) }]);
  const executable = await device.load(accumulate());
  await expect(executable.run(store, [feeds])).rejects.toThrow(message);
});
