import { expect, test } from "vitest";
import type { Value } from "../../graph/value.ts";
import { evaluate, gradientOf } from "../../testing/evaluate.ts";
import { constant } from "../constant.ts";
import { fill } from "../fill.ts";
import { abs } from "./abs.ts";
import { cast } from "./cast.ts";
import { elu, selu } from "./elu.ts";
import { erf } from "./erf.ts";
import { exp } from "./exponential.ts";
import { gelu } from "./gelu.ts";
import { leakyRelu } from "./leaky-relu.ts";
import { relu, relu6 } from "./relu.ts";
import { round } from "./rounding.ts";
import { sigmoid } from "./sigmoid.ts";
import { silu } from "./silu.ts";
import { softplus } from "./softplus.ts";
import { softsign } from "./softsign.ts";
import { stopGradient } from "./stop-gradient.ts";

const row = (...data: number[]): Value => constant(data, [data.length]);

/** Values by definition, computed with mpmath to 16 digits. */
const known: readonly [name: string, op: (x: Value) => Value, x: number, y: number][] = [
  ["erf", erf, 1, 0.8427007929497149],
  ["erf", erf, -0.1, -0.1124629160182849],
  ["erf", erf, 3.5, 0.9999992569016276],
  ["gelu", (x) => gelu(x, false), 1, 0.8413447460685429],
  ["selu", selu, -1, -1.1113307378125625],
  ["elu", elu, -1, -0.6321205588285577],
  ["silu", silu, 1, 0.7310585786300049],
  ["softplus", softplus, 0, Math.LN2],
  ["softplus", softplus, 1000, 1000],
  ["softsign", softsign, -3, -0.75],
  ["sigmoid", sigmoid, -2, 0.11920292202211755],
  ["leakyRelu", leakyRelu, -2, -0.4],
];

test.each(known)("%s of the case %#", (_, op, x, y) => {
  expect(evaluate(op(row(x)))[0]).toBeCloseTo(y, 14);
});

test("round takes halves to the even number", () => {
  expect(evaluate(round(row(0.5, 1.5, 2.5, -0.5, -1.5, 2.4, -2.6)))).toEqual([0, 2, 2, -0, -2, 2, -3]);
});

test.each([
  ["relu at 0", relu, 0, 0],
  ["relu6 at 0", relu6, 0, 0],
  ["relu6 at 6", relu6, 6, 0],
  ["abs at 0", abs, 0, 0],
  ["leakyRelu at 0", leakyRelu, 0, 1],
  ["elu at 0", (x: Value) => elu(x, 0.5), 0, 0.5],
  ["stopGradient", stopGradient, 2, 0],
] as const)("the derivative of %s follows Keras", (_, op, x, derivative) => {
  const value = row(x);
  expect(gradientOf(op(value), value)).toEqual([derivative]);
});

test("an elementwise op names itself and its types when it refuses an input", () => {
  expect(() => exp(fill(1, [2], "int32"))).toThrow(
    "exp: the input is int32, but must be float32; cast it first",
  );
});

test("cast of a dtype to itself is the value itself", () => {
  const x = row(1, 2);
  expect(cast(x, "float32")).toBe(x);
});

test("cast to int32 cuts fractions off, keeps to the range and turns NaN into 0", () => {
  expect(evaluate(cast(row(1.9, -1.9, 3e9, -3e9, Number.NaN), "int32"))).toEqual([
    1, -1, 2147483647, -2147483648, 0,
  ]);
});
