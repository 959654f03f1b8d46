/**
 * The public namespace `ops`: functions of tensors under Keras's names, for losses, metrics, activations and layers
 * of the user's own. Each writes operations into the program that is being traced.
 */
import type { Value } from "../../graph/value.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { argmax as argmaxOp } from "../../ops/reduce/argmax.ts";
import type { ReduceOp } from "../../ops/reduce/define-reduce.ts";
import { reduceMax, reduceMin } from "../../ops/reduce/reduce-extremum.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { reshape } from "../../ops/shape/reshape.ts";
import { normalizeAxis } from "../../ops/shape-rules.ts";
import { sqrt, square } from "../../ops/unary/powers.ts";
import { type At, flag, integer, optional, refusal } from "../options/checks.ts";
import { isPlainObject, readOptions } from "../options/read-options.ts";

export { add } from "../../ops/binary/add.ts";
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  notEqual,
} from "../../ops/binary/comparison.ts";
export type { Operand } from "../../ops/binary/define-binary.ts";
export { divide } from "../../ops/binary/divide.ts";
export { clip, maximum, minimum } from "../../ops/binary/extremum.ts";
export { logicalAnd, logicalOr, logicalXor } from "../../ops/binary/logical.ts";
export { multiply } from "../../ops/binary/multiply.ts";
export { power } from "../../ops/binary/power.ts";
export { subtract } from "../../ops/binary/subtract.ts";
export { matmul } from "../../ops/matmul/matmul.ts";
export { broadcastTo } from "../../ops/shape/broadcast-to.ts";
export { concatenate } from "../../ops/shape/concatenate.ts";
export { oneHot } from "../../ops/shape/one-hot.ts";
export { reshape } from "../../ops/shape/reshape.ts";
export { transpose } from "../../ops/shape/transpose.ts";
export { logSoftmax, softmax } from "../../ops/softmax/softmax.ts";
export { abs, abs as absolute } from "../../ops/unary/abs.ts";
export { cast } from "../../ops/unary/cast.ts";
export { erf } from "../../ops/unary/erf.ts";
export { exp, expm1, log, log1p } from "../../ops/unary/exponential.ts";
export { negate as negative } from "../../ops/unary/negate.ts";
export { rsqrt, sqrt, square } from "../../ops/unary/powers.ts";
export {
  isFiniteElement as isfinite,
  isNanElement as isnan,
  logicalNot,
} from "../../ops/unary/predicates.ts";
export { ceil, floor, round, sign } from "../../ops/unary/rounding.ts";
export { sigmoid } from "../../ops/unary/sigmoid.ts";
export { softplus } from "../../ops/unary/softplus.ts";
export { softsign } from "../../ops/unary/softsign.ts";
export { stopGradient } from "../../ops/unary/stop-gradient.ts";
export { tanh } from "../../ops/unary/tanh.ts";
export { cos, sin } from "../../ops/unary/trigonometric.ts";
export { where } from "../../ops/where.ts";

/** One axis, or several; all of them where left out. Negative ones count from the last. */
export type Axis = number | readonly number[] | null | undefined;

/** Which axes go, and whether they stay with size 1; instead of positional arguments. */
export interface ReductionOptions {
  /** Default: all axes. */
  readonly axis?: Axis;
  /** Default false. */
  readonly keepdims?: boolean;
}

interface Reduction {
  readonly axis: Axis;
  readonly keepdims: boolean;
}

const reductionChecks = {
  axis: (value: unknown, at: At): Axis => {
    const list: readonly unknown[] = Array.isArray(value) ? value : [value ?? 0];
    if (list.every(Number.isInteger)) return value as Axis;
    throw refusal(at, "a whole number or an array of them", value);
  },
  keepdims: optional(flag, false),
};

function readReduction(op: string, given: Axis | ReductionOptions, keepdims: boolean): Reduction {
  const options = isPlainObject(given) ? given : { axis: given, keepdims };
  return readOptions(`ops.${op}`, options, reductionChecks);
}

function reduce(op: ReduceOp, x: Value, { axis, keepdims }: Reduction): Value {
  return op(x, { keepDims: keepdims, ...(axis !== undefined && axis !== null && { axes: axis }) });
}

/** The sum along axes; they stand alone or in an object, as `sum(x, { axis: -1, keepdims: true })`. */
export function sum(x: Value, axis?: Axis | ReductionOptions, keepdims = false): Value {
  return reduce(reduceSum, x, readReduction("sum", axis, keepdims));
}

/** The arithmetic mean along axes; see `sum`. */
export function mean(x: Value, axis?: Axis | ReductionOptions, keepdims = false): Value {
  return reduce(reduceMean, x, readReduction("mean", axis, keepdims));
}

/** The largest element along axes; see `sum`. */
export function max(x: Value, axis?: Axis | ReductionOptions, keepdims = false): Value {
  return reduce(reduceMax, x, readReduction("max", axis, keepdims));
}

/** The smallest element along axes; see `sum`. */
export function min(x: Value, axis?: Axis | ReductionOptions, keepdims = false): Value {
  return reduce(reduceMin, x, readReduction("min", axis, keepdims));
}

/** The variance along axes, the mean squared distance from the mean; see `sum`. */
export function variance(x: Value, axis?: Axis | ReductionOptions, keepdims = false): Value {
  return varianceOf(x, readReduction("variance", axis, keepdims));
}

/** The standard deviation along axes; see `sum`. */
export function std(x: Value, axis?: Axis | ReductionOptions, keepdims = false): Value {
  return sqrt(varianceOf(x, readReduction("std", axis, keepdims)));
}

function varianceOf(x: Value, reduction: Reduction): Value {
  const center = reduce(reduceMean, x, { axis: reduction.axis, keepdims: true });
  return reduce(reduceMean, square(subtract(x, center)), reduction);
}

/** The position (int32) of the first largest element along an axis (the last one), which goes. */
export function argmax(x: Value, axis?: number | { readonly axis?: number }): Value {
  const options = isPlainObject(axis) ? axis : { axis };
  return argmaxOp(x, readOptions("ops.argmax", options, { axis: optional(integer, -1) }).axis);
}

/** x with a new axis of size 1 at `axis` of the result. */
export function expandDims(x: Value, axis: number): Value {
  const at = normalizeAxis("expandDims", axis, x.shape.length + 1);
  return reshape(x, x.shape.toSpliced(at, 0, 1));
}

/** x without axes of size 1: all of them, or those at `axis`. */
export function squeeze(x: Value, axis?: Axis): Value {
  const rank = x.shape.length;
  const given = axis === undefined || axis === null ? undefined : [axis].flat();
  const gone = given?.map((one) => normalizeAxis("squeeze", one as number, rank));
  return reshape(
    x,
    x.shape.filter((size, at) => !(gone === undefined ? size === 1 : gone.includes(at))),
  );
}
