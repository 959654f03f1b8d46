import { expect, test } from "vitest";
import type { Statement } from "../kernel-code.ts";
import { foldLoads } from "./fold-loads.ts";

const address = { base: 0, index: 1, offset: 64 };
const load: Statement = { op: "load", to: 0, address, type: "f32", active: 16 };
const splat: Statement = { op: "splat", to: 0, address, type: "f32" };
const use: Statement = { op: "fma", to: 2, x: 0, y: 1, z: 2 };
const store: Statement = { op: "store", from: 1, address, type: "f32", active: 16 };
const shift = (register: number): Statement => ({ op: "offset", to: register, from: register, value: 4 });
const noise: Statement = { op: "unary", unary: "abs", to: 3, x: 1 };

const folded = (body: readonly Statement[], broadcastOperand = true) =>
  foldLoads(body, { lanes: 16, broadcastOperand }).readers.get(use);

test("a whole vector or a broadcast element goes into its only reader", () => {
  expect(folded([load, noise, shift(2), use])).toEqual({ register: 0, address, broadcast: false });
  expect(folded([splat, use])).toEqual({ register: 0, address, broadcast: true });
  expect(folded([load, use], false)).toMatchObject({ broadcast: false });
});

test.each<[string, readonly Statement[]]>([
  ["a second reader", [load, use, { op: "move", to: 4, from: 0 }]],
  ["a store in between", [load, store, use]],
  ["a changed base", [load, shift(0), use]],
  ["a changed index", [load, shift(1), use]],
  ["a loop in between", [load, { op: "loop", count: 1, body: [use] }]],
  ["a partial vector", [{ ...load, active: 15 } as Statement, use]],
])("%s keeps the load", (_, body) => {
  expect(folded(body)).toBeUndefined();
});

test("without broadcast operands a splat stays", () => {
  expect(folded([splat, use], false)).toBeUndefined();
});
