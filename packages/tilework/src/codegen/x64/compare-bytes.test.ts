import { expect, test } from "vitest";
import type { Statement } from "../kernel-code.ts";
import { compareBytes } from "./compare-bytes.ts";

const load: Statement = { op: "load", to: 0, address: { base: 0, offset: 0 }, type: "u8", active: 16 };
const constant = (value: number | readonly number[]): Statement => ({
  op: "constant",
  to: 1,
  type: "i32",
  value,
});
const equals: Statement = { op: "compare", compare: "eq", type: "i32", to: 2, x: 0, y: 1 };

test("bytes that are only compared with constants stay bytes", () => {
  const body = [load, constant(7), equals];
  const { loads, constants, compares } = compareBytes([{ op: "loop", count: 3, body }], 16)!;
  expect([...loads]).toEqual([load]);
  expect([...constants]).toEqual([constant(7)]);
  expect([...compares]).toEqual([[equals, new Uint8Array(16).fill(7)]]);
});

test("each lane may have a constant of its own, and a constant that is read elsewhere stays", () => {
  const lanes = Array.from({ length: 16 }, (_, lane) => lane);
  const { constants, compares } = compareBytes(
    [load, constant(lanes), equals, { op: "move", to: 3, from: 1 }],
    16,
  )!;
  expect(constants.size).toBe(0);
  expect(compares.get(equals)).toEqual(Uint8Array.from(lanes));
});

test.each<[string, readonly Statement[]]>([
  ["another reader", [load, constant(7), equals, { op: "move", to: 3, from: 0 }]],
  ["a constant that is no byte", [load, constant(256), equals]],
  ["a negative constant", [load, constant(-1), equals]],
  ["a constant that changes", [load, constant(7), equals, constant(8)]],
  ["an order", [load, constant(7), { ...equals, compare: "lt" } as Statement]],
  ["some lanes only", [{ ...load, active: 15 } as Statement, constant(7), equals]],
  ["a second load", [load, load, constant(7), equals]],
])("%s makes integers of them", (_, body) => {
  const { loads, constants, compares } = compareBytes(body, 16)!;
  expect([loads.size, constants.size, compares.size]).toEqual([0, 0, 0]);
});

test("code without bytes has none", () => {
  expect(compareBytes([constant(7)], 16)).toBeUndefined();
});
