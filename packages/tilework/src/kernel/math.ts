/**
 * Elementary functions as expressions: range reduction, then a polynomial or a quotient of two in Horner form.
 * Kernels on every CPU device and the host (host-math.ts) compute these very operations, so all agree bit for
 * bit. Branch-free: special cases are selects. Coefficients interpolate each function at Chebyshev nodes of its
 * reduced range, with relative weight; math.test.ts states the errors, in units of the last place.
 */
import {
  abs,
  add,
  binary,
  compare,
  convert,
  div,
  f32,
  fma,
  i32,
  max,
  min,
  mul,
  neg,
  select,
  sqrt,
  sub,
  unary,
} from "./build-expression.ts";
import type { Expression } from "./expression.ts";

const zero = f32(0);
const one = f32(1);
const infinity = f32(Number.POSITIVE_INFINITY);
const notANumber = f32(Number.NaN);

/** c[0] + c[1]·x + c[2]·x² + … by fused Horner steps. */
function polynomial(x: Expression, coefficients: readonly number[]): Expression {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, coefficient) => fma(sum, x, f32(coefficient)), f32(coefficients.at(-1)!));
}

const bits = (x: Expression): Expression => convert("bitsFromF32", x);
const fromBits = (x: Expression): Expression => convert("f32FromBits", x);

/** 1.5·2²³: adding it rounds to an integer, which then stands in the low bits. */
const roundingShift = 12582912;

/** ln 2 in two parts; the first has zeros at its end, so that small multiples of it are exact. */
const ln2High = 0.693145751953125;
const ln2Low = 1.4286068203094173e-6;

/** x = n·ln 2 + rest with |rest| <= ln 2 / 2; `biased` holds n + bias in its low 9 bits. */
function splitByLn2(x: Expression, bias: number): { rest: Expression; biased: Expression } {
  const shift = f32(roundingShift + bias);
  const shifted = fma(x, f32(Math.LOG2E), shift);
  const n = sub(shifted, shift);
  return { rest: fma(n, f32(-ln2Low), fma(n, f32(-ln2High), x)), biased: bits(shifted) };
}

/** (eʳ - 1 - r) / r² for |r| <= ln 2 / 2. */
const exponentialTail = [0.5, 0.166665766661, 0.041666554213, 0.00836323288368, 0.00139262508315];

/** value · 2ⁿ for n from -254 to 256, rounded once; `biased` holds n + 254 in its low 9 bits. */
function scaleByPowerOfTwo(value: Expression, biased: Expression): Expression {
  const half = binary("shrS", biased, i32(1));
  const scale = (exponent: Expression): Expression => fromBits(binary("shl", exponent, i32(23)));
  return mul(mul(value, scale(half)), scale(sub(biased, half)));
}

/** eˣ. Overflows to infinity above 88.72, underflows through the subnormals to 0 below -103.97. */
export function exp(x: Expression): Expression {
  const { rest, biased } = splitByLn2(max(min(x, f32(89)), f32(-104)), 254);
  return scaleByPowerOfTwo(polynomial(rest, [1, 1, ...exponentialTail]), biased);
}

/** (eˣ - 1) / 2 for -86 <= x <= 89. */
function halfExpm1(x: Expression): Expression {
  const { rest, biased } = splitByLn2(x, 126);
  const halfScale = fromBits(binary("shl", biased, i32(23)));
  const value = fma(mul(rest, rest), polynomial(rest, exponentialTail), rest);
  return fma(halfScale, value, sub(halfScale, f32(0.5)));
}

/** eˣ - 1, accurate near 0. */
export function expm1(x: Expression): Expression {
  return mul(halfExpm1(max(min(x, f32(89)), f32(-20))), f32(2));
}

/** (ln(1 + f) - f + f²/2) / f³ for 1 + f between √½ and √2. */
const logarithmTail = [
  0.3333333118, -0.24999996958, 0.200007157489, -0.166678023195, 0.142490576457, -0.124256873315,
  0.116854199235, -0.114797338466, 0.0697161147145,
];

/** ln(1 + f) + exponent·ln 2. */
function logarithm(f: Expression, exponent: Expression): Expression {
  const square = mul(f, f);
  const tail = fma(mul(f, square), polynomial(f, logarithmTail), mul(exponent, f32(ln2Low)));
  return fma(exponent, f32(ln2High), add(f, fma(square, f32(-0.5), tail)));
}

const sqrtHalfBits = 0x3f3504f3;

/** x = 2^exponent · mantissa with the mantissa between √½ and √2; `field` is the exponent in place in the bits. */
function splitExponent(x: Expression): { mantissa: Expression; exponent: Expression; field: Expression } {
  const excess = sub(bits(x), i32(sqrtHalfBits));
  const field = binary("and", excess, i32(0xff800000));
  return {
    mantissa: fromBits(sub(bits(x), field)),
    exponent: convert("f32FromI32", binary("shrS", excess, i32(23))),
    field,
  };
}

/** Gives the logarithm of `argument` its values outside (0, infinity). */
function withLogarithmLimits(argument: Expression, finite: Expression): Expression {
  const atZero = select(compare("eq", argument, zero), f32(Number.NEGATIVE_INFINITY), notANumber);
  const atInfinity = select(compare("lt", argument, infinity), finite, argument);
  return select(compare("gt", argument, zero), atInfinity, atZero);
}

/** Natural logarithm. log(0) = -infinity, below 0 NaN. */
export function log(x: Expression): Expression {
  const subnormal = compare("lt", x, f32(2 ** -126));
  const { mantissa, exponent } = splitExponent(select(subnormal, mul(x, f32(2 ** 23)), x));
  const shifted = add(exponent, select(subnormal, f32(-23), zero));
  return withLogarithmLimits(x, logarithm(sub(mantissa, one), shifted));
}

/** ln(1 + x) for x > -1, infinity excluded: what 1 + x rounds away is added to the mantissa. */
function finiteLog1p(x: Expression): { value: Expression; sum: Expression } {
  const sum = add(x, one);
  const { mantissa, exponent, field } = splitExponent(sum);
  const lost = sub(x, sub(sum, one));
  const inverseScale = fromBits(max(sub(i32(0x3f800000), field), i32(0)));
  return { value: logarithm(fma(lost, inverseScale, sub(mantissa, one)), exponent), sum };
}

/** ln(1 + x), accurate near 0. log1p(-1) = -infinity, below -1 NaN. */
export function log1p(x: Expression): Expression {
  const { value, sum } = finiteLog1p(x);
  return withLogarithmLimits(sum, value);
}

/** (e^2x - 1) / (e^2x + 1) for |x| <= 20. */
function quotientOfExponentials(x: Expression): Expression {
  const half = halfExpm1(add(x, x));
  return div(half, add(half, one));
}

/** Hyperbolic tangent. */
export function tanh(x: Expression): Expression {
  return quotientOfExponentials(max(min(x, f32(9.1)), f32(-9.1)));
}

/** -ln(1 - erf(a)) / a for 0 <= a <= 3.95, beyond which erf is 1 in single precision. */
const errorFunctionExponent = [
  1.1283791671, 0.636619773883, 0.102772410515, -0.0191247822153, -0.000232942606667, 0.0017698193709,
  -0.00071721496362, 0.000157434829403, -1.91992793479e-5, 1.013201225e-6,
];

/** The error function 2/√π · ∫₀ˣ e^(-t²) dt. */
export function erf(x: Expression): Expression {
  const size = min(abs(x), f32(3.95));
  const half = halfExpm1(mul(neg(size), polynomial(size, errorFunctionExponent)));
  const signBit = binary("and", bits(x), i32(0x80000000));
  return fromBits(binary("xor", bits(mul(half, f32(-2))), signBit));
}

/** 1 / (1 + e⁻ˣ), accurate also where it is nearly 0. */
export function sigmoid(x: Expression): Expression {
  const small = exp(neg(abs(x)));
  return div(select(compare("lt", x, zero), small, one), add(small, one));
}

/** ln(1 + eˣ), without overflow. */
export function softplus(x: Expression): Expression {
  return add(max(x, zero), finiteLog1p(exp(neg(abs(x)))).value);
}

/** sin(rest) and cos(rest) for |rest| <= π/4. */
const sineTail = [-0.166666666639, 0.00833333187427, -0.000198400864996, 2.72498952306e-6];
const cosineTail = [0.0416666666643, -0.00138888876717, 2.48006001804e-5, -2.73009336872e-7];

/** π/2 as a sum: the first two have 12 bits, so that their multiples below 4096 are exact. */
const halfPi = [1.5703125, 0.0004837512969970703, 7.549790126404332e-8] as const;

/** sin(x + quarters·π/2). */
function circular(x: Expression, quarters: number): Expression {
  const shift = f32(roundingShift);
  const shifted = fma(x, f32(2 / Math.PI), shift);
  const n = sub(shifted, shift);
  const rest = halfPi.reduce((left, part) => fma(n, f32(-part), left), x);
  const square = mul(rest, rest);
  const sine = fma(mul(rest, square), polynomial(square, sineTail), rest);
  const cosine = fma(square, polynomial(square, [-0.5, ...cosineTail]), one);
  const quadrant = quarters === 0 ? bits(shifted) : add(bits(shifted), i32(quarters));
  const odd = compare("ne", binary("and", quadrant, i32(1)), i32(0));
  const signBit = binary("shl", binary("and", quadrant, i32(2)), i32(30));
  return fromBits(binary("xor", bits(select(odd, cosine, sine)), signBit));
}

/** Sine of radians. Meant for |x| up to 10⁵; beyond that the period is lost little by little. */
export function sin(x: Expression): Expression {
  return circular(x, 0);
}

/** Cosine of radians, with sin's range. */
export function cos(x: Expression): Expression {
  return circular(x, 1);
}

/** x to the power of a whole number, by repeated squaring. */
export function integerPower(x: Expression, exponent: number): Expression {
  let result: Expression | undefined;
  let square = x;
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? square : mul(result, square);
    if (rest > 1) square = mul(square, square);
  }
  if (result === undefined) return one;
  return exponent < 0 ? div(one, result) : result;
}

/** An unevaluated sum of two float32 values: about 45 bits. */
interface Pair {
  readonly high: Expression;
  readonly low: Expression;
}

/** (atanh(s) - s) / s³ over s². */
const areaTangentTail = [0.33333333277, 0.200000611059, 0.142753893166, 0.116658072359];
const twoOverLn2 = { high: 2.885390043258667, low: 3.85192598e-8 };

/** log2 of a number above 0 (infinity excluded), as 2 / ln 2 · atanh((m - 1) / (m + 1)) plus the exponent. */
function binaryLogarithm(size: Expression): Pair {
  const subnormal = compare("lt", size, f32(2 ** -126));
  const split = splitExponent(select(subnormal, mul(size, f32(2 ** 23)), size));
  const exponent = add(split.exponent, select(subnormal, f32(-23), zero));
  const above = sub(split.mantissa, one);
  const below = add(split.mantissa, one);
  const belowLow = sub(split.mantissa, sub(below, one));
  const inverse = div(one, below);
  const ratio = mul(above, inverse);
  const missing = fma(neg(ratio), belowLow, fma(neg(ratio), below, above));
  const square = mul(ratio, ratio);
  const tail = fma(missing, inverse, mul(mul(ratio, square), polynomial(square, areaTangentTail)));
  const product = mul(ratio, f32(twoOverLn2.high));
  const productLow = fma(ratio, f32(twoOverLn2.high), neg(product));
  const low = fma(tail, f32(twoOverLn2.high), fma(ratio, f32(twoOverLn2.low), productLow));
  const leading = add(exponent, product);
  const rest = add(sub(product, sub(leading, exponent)), low);
  const high = add(leading, rest);
  return { high, low: sub(rest, sub(high, leading)) };
}

/** (2ʳ - 1) / r for |r| <= 1/2. */
const binaryExponentialTail = [
  0.693147188071, 0.24022650761, 0.0555035689863, 0.00961808237062, 0.00133909782481, 0.000154532624093,
];

/** 2 to the power of a pair. */
function binaryExponential({ high, low }: Pair): Expression {
  const limited = max(min(high, f32(160)), f32(-160));
  const shift = f32(roundingShift + 254);
  const shifted = add(limited, shift);
  const small = select(compare("lt", abs(high), f32(160)), low, zero);
  const rest = add(sub(limited, sub(shifted, shift)), small);
  const value = polynomial(rest, [1, ...binaryExponentialTail]);
  return scaleByPowerOfTwo(value, bits(shifted));
}

/** Whether y is an odd whole number; every float32 value from 2²⁴ on is even. */
function wholeness(y: Expression): { whole: Expression; odd: Expression } {
  const half = mul(y, f32(0.5));
  const whole = compare("eq", unary("trunc", y), y);
  return { whole, odd: binary("and", whole, compare("ne", unary("trunc", half), half)) };
}

/**
 * x to the power of y. As in C: 1 for y = 0 or x = 1, the sign of x for odd whole y, NaN for a finite negative x
 * and a y that is not whole.
 */
export function pow(x: Expression, y: Expression): Expression {
  if (y.kind === "constant" && Number.isInteger(y.value) && Math.abs(y.value) <= 4)
    return integerPower(x, y.value);
  const size = abs(x);
  const finite = binaryLogarithm(size);
  const limit = select(compare("eq", size, zero), f32(Number.NEGATIVE_INFINITY), size);
  const regular = binary("and", compare("gt", size, zero), compare("lt", size, infinity));
  const logarithmHigh = select(regular, finite.high, limit);
  const high = mul(y, logarithmHigh);
  const low = fma(y, finite.low, fma(y, logarithmHigh, neg(high)));
  const { whole, odd } = wholeness(y);
  const signBit = select(odd, binary("and", bits(x), i32(0x80000000)), i32(0));
  const value = fromBits(binary("xor", bits(binaryExponential({ high, low })), signBit));
  const undefinedRoot = binary("and", binary("and", compare("lt", x, zero), regular), unary("not", whole));
  const isOne = binary("or", compare("eq", y, zero), compare("eq", x, one));
  return select(isOne, one, select(undefinedRoot, notANumber, value));
}

/** 1 / √x. */
export function rsqrt(x: Expression): Expression {
  return div(one, sqrt(x));
}
