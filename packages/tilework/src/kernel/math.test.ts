import { describe, expect, test } from "vitest";
import { firstDifference, tolerances } from "../testing/tolerances.ts";
import { hostFunction } from "./evaluate-expression.ts";
import {
  hostCos,
  hostErf,
  hostExp,
  hostExpm1,
  hostLog,
  hostLog1p,
  hostSigmoid,
  hostSin,
  hostSoftplus,
  hostTanh,
} from "./host-math.ts";
import {
  cos,
  erf,
  exp,
  expm1,
  integerPower,
  log,
  log1p,
  pow,
  rsqrt,
  sigmoid,
  sin,
  softplus,
  tanh,
} from "./math.ts";

const asFloat = new Float32Array(1);
const asBits = new Int32Array(asFloat.buffer);

/** The distance from x to the next float32 number of the same binade. */
function unitInTheLastPlace(x: number): number {
  asFloat[0] = Math.abs(x);
  const exponent = asBits[0]! >> 23;
  return 2 ** (Math.max(exponent, 1) - 150);
}

/** Series near 0, continued fraction further out: both far better than float32 in doubles. */
function errorFunction(x: number): number {
  const size = Math.abs(x);
  if (size < 2.5) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 100; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 80; k > 0; k--) fraction = k / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / (size + fraction));
}

const logistic = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

interface Case {
  readonly name: string;
  readonly build: Parameters<typeof hostFunction>[1];
  readonly reference: (x: number) => number;
  /** The largest error, in units of the last place. */
  readonly most: number;
  /** Largest |x| that is tried. */
  readonly reach?: number;
}

const cases: readonly Case[] = [
  { name: "exp", build: (x) => exp(x!), reference: Math.exp, most: 1 },
  { name: "expm1", build: (x) => expm1(x!), reference: Math.expm1, most: 2 },
  { name: "log", build: (x) => log(x!), reference: Math.log, most: 1 },
  { name: "log1p", build: (x) => log1p(x!), reference: Math.log1p, most: 1.5 },
  { name: "tanh", build: (x) => tanh(x!), reference: Math.tanh, most: 3 },
  { name: "sigmoid", build: (x) => sigmoid(x!), reference: logistic, most: 2.5 },
  { name: "erf", build: (x) => erf(x!), reference: errorFunction, most: 3 },
  {
    name: "softplus",
    build: (x) => softplus(x!),
    reference: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    most: 2,
  },
  { name: "sin", build: (x) => sin(x!), reference: Math.sin, most: 1.5, reach: 1e5 },
  { name: "cos", build: (x) => cos(x!), reference: Math.cos, most: 1.5, reach: 1e5 },
  { name: "rsqrt", build: (x) => rsqrt(x!), reference: (x) => 1 / Math.sqrt(x), most: 1.5 },
];

/** Numbers of all sizes and signs, denser in (-110, 110) and around 0, the same in every run. */
function* someNumbers(reach = Number.POSITIVE_INFINITY): Generator<number> {
  let state = 12345;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) | 0);
  for (let at = 0; at < 20_000; at++) {
    const bits = next() ^ (next() >>> 16);
    const fraction = bits / 2 ** 31;
    asBits[0] = bits;
    const x = [
      asFloat[0]!,
      Math.fround(fraction * 110),
      Math.fround(fraction * 10),
      Math.fround(fraction * 1.5),
    ][at % 4]!;
    if (!(Math.abs(x) > reach)) yield x;
  }
}

describe.each(cases)("$name", ({ build, reference, most, reach }) => {
  test(`errs by at most ${most} units in the last place`, () => {
    const compute = hostFunction(1, build);
    let worst = 0;
    for (const x of someNumbers(reach)) {
      const expected = reference(x);
      const got = compute(x);
      const rounded = Math.fround(expected);
      if (!Number.isFinite(rounded)) expect(got, `at ${x}`).toBe(rounded);
      else {
        const error = Math.abs(got - expected) / unitInTheLastPlace(expected);
        if (!(error <= most)) expect.fail(`${error} units at ${x}: ${got} instead of ${expected}`);
        worst = Math.max(worst, error);
      }
    }
    expect(worst).toBeGreaterThan(0.4);
  });

  test("the strict variant, multiply and then add, keeps the tolerance of elementary functions", () => {
    const compute = hostFunction(1, build, { fused: false });
    for (const x of someNumbers(Math.min(100, reach ?? 100))) {
      const [got, expected] = [compute(x), reference(x)];
      const difference = firstDifference([got], [Math.fround(expected)], tolerances.elementary);
      if (difference !== undefined) expect.fail(`at ${x}: ${difference}`);
    }
  });
});

const inf = Number.POSITIVE_INFINITY;
const hosts = {
  hostCos,
  hostErf,
  hostExp,
  hostExpm1,
  hostLog,
  hostLog1p,
  hostSigmoid,
  hostSin,
  hostSoftplus,
  hostTanh,
};
test.each<[keyof typeof hosts, number, number]>([
  ["hostExp", inf, inf],
  ["hostExp", -inf, 0],
  ["hostExp", Number.NaN, Number.NaN],
  ["hostExp", 88.73, inf],
  ["hostExp", -103.9, 2 ** -149],
  ["hostExp", -104, 0],
  ["hostExpm1", inf, inf],
  ["hostExpm1", -inf, -1],
  ["hostExpm1", 1e-40, 1e-40],
  ["hostLog", 0, -inf],
  ["hostLog", -0, -inf],
  ["hostLog", -1, Number.NaN],
  ["hostLog", -inf, Number.NaN],
  ["hostLog", inf, inf],
  ["hostLog", Number.NaN, Number.NaN],
  ["hostLog", 1, 0],
  ["hostLog1p", -1, -inf],
  ["hostLog1p", -1.5, Number.NaN],
  ["hostLog1p", inf, inf],
  ["hostLog1p", 1e-40, 1e-40],
  ["hostTanh", inf, 1],
  ["hostTanh", -inf, -1],
  ["hostTanh", 20, 1],
  ["hostTanh", 1e-40, 1e-40],
  ["hostTanh", Number.NaN, Number.NaN],
  ["hostSigmoid", inf, 1],
  ["hostSigmoid", -inf, 0],
  ["hostSigmoid", 0, 0.5],
  ["hostSigmoid", Number.NaN, Number.NaN],
  ["hostErf", inf, 1],
  ["hostErf", -inf, -1],
  ["hostErf", 4, 1],
  ["hostErf", Number.NaN, Number.NaN],
  ["hostSoftplus", inf, inf],
  ["hostSoftplus", -inf, 0],
  ["hostSoftplus", 200, 200],
  ["hostSoftplus", Number.NaN, Number.NaN],
  ["hostSin", inf, Number.NaN],
  ["hostCos", -inf, Number.NaN],
  ["hostCos", 0, 1],
])("%s(%s) is %s", (name, x, expected) => {
  expect(hosts[name](Math.fround(x))).toBe(Math.fround(expected));
});

describe("pow", () => {
  const power = hostFunction(2, (x, y) => pow(x!, y!));

  test("errs by at most 5 units in the last place, by 2.5 where the exponent is below 10", () => {
    let at = 0;
    for (const number of someNumbers(100)) {
      const x = Math.fround(Math.exp(number / 30));
      const y = Math.fround(((at % 401) - 200) / (at % 3 === 0 ? 1 : 20));
      const expected = x ** y;
      at++;
      if (!Number.isFinite(Math.fround(expected))) continue;
      const error = Math.abs(power(x, y) - expected) / unitInTheLastPlace(expected);
      if (!(error <= (Math.abs(y) <= 10 ? 2.5 : 5))) expect.fail(`${error} units for ${x} ** ${y}`);
    }
    expect(at).toBeGreaterThan(10_000);
  });

  test.each([
    [0, 2, 0],
    [0, -2, inf],
    [0, 0, 1],
    [-0, 3, -0],
    [-0, -3, -inf],
    [-0, 2, 0],
    [-2, 3, -8],
    [-2, -1, -0.5],
    [-2, 4, 16],
    [-8, 1 / 3, Number.NaN],
    [-8, 2 ** 25, inf],
    [1, Number.NaN, 1],
    [1, inf, 1],
    [Number.NaN, 0, 1],
    [Number.NaN, 2, Number.NaN],
    [2, Number.NaN, Number.NaN],
    [2, inf, inf],
    [2, -inf, 0],
    [0.5, inf, 0],
    [inf, 0.5, inf],
    [inf, -1, 0],
    [-inf, 3, -inf],
    [-inf, 0.5, inf],
    [2, 127, 2 ** 127],
    [2, 128, inf],
    [2, -149, 2 ** -149],
    [2, -151, 0],
    [1e-40, 0.5, Math.sqrt(Math.fround(1e-40))],
  ])("%s ** %s is %s", (x, y, expected) => {
    expect(power(x, y)).toBe(Math.fround(expected));
  });

  test.each([0, 1, 2, 3, 4, 7, -1, -3])("the whole power %s is products", (exponent) => {
    const compute = hostFunction(1, (x) => integerPower(x!, exponent));
    for (const x of [1.5, -1.25, 3]) expect(compute(x)).toBe(Math.fround(x ** exponent));
  });
});
