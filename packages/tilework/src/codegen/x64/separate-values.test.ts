import { expect, test } from "vitest";
import type { Statement, VectorType } from "../kernel-code.ts";
import { separateValues } from "./separate-values.ts";

const splat = (to: number, offset: number): Statement => ({
  op: "splat",
  to,
  address: { base: 0, offset },
  type: "f32",
});
const fma = (to: number, x: number): Statement => ({ op: "fma", to, x, y: x, z: to });
const types = (count: number): VectorType[] => new Array<VectorType>(count).fill("f32");

test("values that share a register within a run get registers of their own", () => {
  const { body, vectors } = separateValues([splat(0, 0), fma(1, 0), splat(0, 4), fma(1, 0)], types(2));
  expect(body).toEqual([splat(2, 0), fma(1, 2), splat(3, 4), fma(1, 3)]);
  expect(vectors).toEqual(types(4));
});

test("the last value of a run keeps the register where another run reads it", () => {
  const loop: Statement = { op: "loop", count: 2, body: [fma(1, 0)] };
  const { body } = separateValues([splat(0, 0), fma(1, 0), splat(0, 4), loop], types(2));
  expect(body).toEqual([splat(2, 0), fma(1, 2), splat(0, 4), loop]);
});

test("an accumulator stays one register", () => {
  const body = [splat(0, 0), fma(0, 1), { op: "loop", count: 2, body: [fma(0, 1)] } as const];
  expect(separateValues(body, types(2)).body).toEqual(body);
});
