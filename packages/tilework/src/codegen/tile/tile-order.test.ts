import { expect, test } from "vitest";
import type { Address } from "../kernel-code.ts";
import type { PlainStatement } from "../registers-of.ts";
import { TileOrder } from "./tile-order.ts";

const at = (offset: number): Address => ({ base: 0, offset });

const load = (to: number, offset: number): PlainStatement => ({
  op: "load",
  to,
  address: at(offset),
  type: "f32",
  active: 8,
});

const zero = (to: number): PlainStatement => ({ op: "constant", to, type: "f32", value: 0 });

const multiplyAdd = (to: number, x: number, y: number): PlainStatement => ({ op: "fma", to, x, y, z: to });

const [inner, outer, weight, share, first, second, negated] = [0, 1, 2, 3, 4, 5, 6];

const innerSum = [
  zero(outer),
  zero(inner),
  load(weight, 0),
  load(first, 32),
  multiplyAdd(inner, first, weight),
  load(second, 64),
  multiplyAdd(inner, second, weight),
  load(share, 96),
];

const stored: PlainStatement = { op: "store", from: outer, address: at(128), type: "f32", active: 8 };

test.each<{ title: string; statements: readonly PlainStatement[] }>([
  { title: "a sum", statements: [...innerSum, multiplyAdd(outer, inner, share), stored] },
  {
    title: "what follows from a sum",
    statements: [
      ...innerSum,
      { op: "unary", unary: "neg", to: negated, x: inner },
      multiplyAdd(outer, negated, share),
      stored,
    ],
  },
])("$title is multiplied into another sum when it is done", ({ statements }) => {
  const ordered = new TileOrder(statements, new Set([inner, outer])).run()!;
  const sums = ordered.flatMap((statement) => (statement.op === "fma" ? [statement.to] : []));
  expect(sums).toEqual([inner, inner, outer]);
  expect(ordered.at(-1)).toEqual(stored);
  expect(ordered).toHaveLength(statements.length);
});
