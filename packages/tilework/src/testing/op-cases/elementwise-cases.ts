import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from "../../ops/binary/comparison.ts";
import { divide } from "../../ops/binary/divide.ts";
import { clip, maximum, minimum } from "../../ops/binary/extremum.ts";
import { logicalAnd, logicalOr, logicalXor } from "../../ops/binary/logical.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { power } from "../../ops/binary/power.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { sigmoidCrossentropyWithLogits } from "../../ops/loss/sigmoid-crossentropy-with-logits.ts";
import { abs } from "../../ops/unary/abs.ts";
import { cast } from "../../ops/unary/cast.ts";
import { elu, selu } from "../../ops/unary/elu.ts";
import { erf } from "../../ops/unary/erf.ts";
import { exp, expm1, log, log1p } from "../../ops/unary/exponential.ts";
import { gelu } from "../../ops/unary/gelu.ts";
import { leakyRelu } from "../../ops/unary/leaky-relu.ts";
import { negate } from "../../ops/unary/negate.ts";
import { rsqrt, sqrt, square } from "../../ops/unary/powers.ts";
import { isFiniteElement, isNanElement, logicalNot } from "../../ops/unary/predicates.ts";
import { relu, relu6 } from "../../ops/unary/relu.ts";
import { ceil, floor, round, sign } from "../../ops/unary/rounding.ts";
import { sigmoid } from "../../ops/unary/sigmoid.ts";
import { silu } from "../../ops/unary/silu.ts";
import { softplus } from "../../ops/unary/softplus.ts";
import { softsign } from "../../ops/unary/softsign.ts";
import { stopGradient } from "../../ops/unary/stop-gradient.ts";
import { tanh } from "../../ops/unary/tanh.ts";
import { cos, sin } from "../../ops/unary/trigonometric.ts";
import { where } from "../../ops/where.ts";
import type { ToleranceName } from "../tolerances.ts";
import type { OpCase, TestInput } from "./op-case.ts";

type Unary = (x: Value) => Value;
type Binary = (x: Value, y: Value) => Value;

/** Around 0 and far out, without the corners themselves; an odd count leaves a tail on every vector width. */
const wide: TestInput = { shape: [3, 7], low: -9, high: 9 };
const positive: TestInput = { shape: [3, 7], low: 0.05, high: 9 };

const unary: readonly [title: string, op: Unary, input: TestInput, tolerance: ToleranceName][] = [
  ["negate", negate, wide, "exact"],
  ["abs", abs, wide, "exact"],
  ["square", square, wide, "arithmetic"],
  ["sqrt", sqrt, positive, "arithmetic"],
  ["rsqrt", rsqrt, positive, "arithmetic"],
  ["exp", exp, wide, "elementary"],
  ["expm1", expm1, { shape: [3, 7], low: -2, high: 2 }, "elementary"],
  ["log", log, positive, "elementary"],
  ["log1p", log1p, { shape: [3, 7], low: -0.9, high: 9 }, "elementary"],
  ["sin", sin, wide, "elementary"],
  ["cos", cos, wide, "elementary"],
  ["tanh", tanh, wide, "elementary"],
  ["sigmoid", sigmoid, wide, "elementary"],
  ["erf", erf, wide, "elementary"],
  ["floor", floor, wide, "exact"],
  ["ceil", ceil, wide, "exact"],
  ["round", round, wide, "exact"],
  ["sign", sign, wide, "exact"],
  ["relu", relu, wide, "exact"],
  ["relu6", relu6, wide, "exact"],
  ["leakyRelu", (x) => leakyRelu(x, 0.3), wide, "arithmetic"],
  ["elu", (x) => elu(x, 0.7), wide, "elementary"],
  ["selu", selu, wide, "elementary"],
  ["silu", silu, wide, "elementary"],
  ["gelu", (x) => gelu(x, false), wide, "elementary"],
  ["approximate gelu", (x) => gelu(x, true), wide, "elementary"],
  ["softplus", softplus, wide, "elementary"],
  ["softsign", softsign, wide, "arithmetic"],
  ["clip", (x) => clip(x, -3, 4.5), wide, "exact"],
  ["stopGradient inside a product", (x) => multiply(x, stopGradient(multiply(x, 0))), wide, "arithmetic"],
];

const broadcasting: readonly [x: TestInput, y: TestInput, title: string][] = [
  [{ shape: [2, 3, 5] }, { shape: [2, 3, 5] }, "equal shapes"],
  [{ shape: [2, 3, 5] }, { shape: [5] }, "a row"],
  [{ shape: [3, 1] }, { shape: [2, 1, 5] }, "both stretched"],
  [{ shape: [] }, { shape: [4] }, "a scalar"],
];

const arithmetic: readonly [title: string, op: Binary, positiveOnly: boolean][] = [
  ["add", add, false],
  ["subtract", subtract, false],
  ["multiply", multiply, false],
  ["divide", divide, true],
  ["maximum", maximum, false],
  ["minimum", minimum, false],
  ["sigmoidCrossentropyWithLogits", sigmoidCrossentropyWithLogits, false],
  ["power", power, true],
];

const integers: TestInput = { shape: [2, 9], dtype: "int32", low: -4, high: 4 };
const extremes: TestInput = { shape: [4], dtype: "int32", data: [2147483647, -2147483648, 65537, -7] };
const special: TestInput = {
  shape: [8],
  data: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 3e38],
};
const flags: TestInput = { shape: [2, 9], dtype: "bool" };

const comparisons: readonly [string, Binary][] = [
  ["equal", equal],
  ["notEqual", notEqual],
  ["less", less],
  ["lessEqual", lessEqual],
  ["greater", greater],
  ["greaterEqual", greaterEqual],
];

const logic: readonly [string, Binary][] = [
  ["logicalAnd", logicalAnd],
  ["logicalOr", logicalOr],
  ["logicalXor", logicalXor],
];

const integerArithmetic: readonly [string, Binary][] = [
  ["add", add],
  ["subtract", subtract],
  ["multiply", multiply],
  ["maximum", maximum],
  ["minimum", minimum],
];

const casts: readonly OpCase[] = [
  { title: "cast float32 to int32", inputs: [special], apply: (x) => cast(x, "int32") },
  { title: "cast float32 to bool", inputs: [special], apply: (x) => cast(x, "bool") },
  { title: "cast int32 to float32", inputs: [integers], apply: (x) => cast(x, "float32") },
  { title: "cast int32 to uint8", inputs: [integers], apply: (x) => cast(x, "uint8") },
  { title: "cast int32 to bool", inputs: [integers], apply: (x) => cast(x, "bool") },
  { title: "cast bool to float32", inputs: [flags], apply: (x) => cast(x, "float32") },
  { title: "cast bool to int32", inputs: [flags], apply: (x) => cast(x, "int32") },
  {
    title: "cast uint8 to float32",
    inputs: [{ shape: [2, 9], dtype: "uint8", low: 0, high: 256 }],
    apply: (x) => cast(x, "float32"),
  },
];

/** Elementwise ops. */
export const elementwiseCases: readonly OpCase[] = [
  ...unary.map(([title, apply, input, tolerance]): OpCase => ({ title, apply, inputs: [input], tolerance })),
  ...arithmetic.flatMap(([name, apply, positiveOnly]) =>
    broadcasting.map(([x, y, shapes]): OpCase => {
      const range = positiveOnly ? { low: 0.3, high: 3 } : {};
      const inputs = [
        { ...x, ...range },
        { ...y, ...range },
      ];
      return { title: `${name} of ${shapes}`, apply, inputs, tolerance: "elementary" };
    }),
  ),
  ...comparisons.map(
    ([name, apply]): OpCase => ({ title: `${name} of int32`, apply, inputs: [integers, integers] }),
  ),
  ...comparisons.map(
    ([name, apply]): OpCase => ({
      title: `${name} of special numbers`,
      inputs: [special],
      apply: (x) => apply(x, x),
    }),
  ),
  ...logic.map(([title, apply]): OpCase => ({ title, apply, inputs: [flags, flags] })),
  ...integerArithmetic.map(
    ([name, apply]): OpCase => ({ title: `${name} of int32, wrapping`, inputs: [extremes, extremes], apply }),
  ),
  { title: "negate of int32", inputs: [extremes], apply: negate },
  { title: "square of int32", inputs: [extremes], apply: square },
  { title: "logicalNot", inputs: [flags], apply: logicalNot },
  { title: "isNan", inputs: [special], apply: isNanElement },
  { title: "isFinite", inputs: [special], apply: isFiniteElement },
  {
    title: "maximum with NaN on the left",
    inputs: [special],
    apply: (x) => maximum(x, 0.5),
    gradient: false,
  },
  {
    title: "minimum with NaN on the right",
    inputs: [special],
    apply: (x) => minimum(subtract(x, x), x),
    gradient: false,
  },
  { title: "relu of special numbers", inputs: [special], apply: relu, gradient: false },
  {
    title: "where, broadcasting all three",
    inputs: [{ shape: [3, 1], dtype: "bool" }, { shape: [4] }, { shape: [2, 1, 4] }],
    apply: where,
  },
  { title: "where between int32", inputs: [flags, integers], apply: (c, x) => where(c, x, 7) },
  ...casts,
];
