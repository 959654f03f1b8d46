/**
 * The public namespace `ops`: functions of tensors under Keras's names, for losses, metrics, activations and layers
 * of the user's own. Each writes operations into the program that is being traced.
 */
import type { Value } from "../../graph/value.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import type { ReduceOp } from "../../ops/reduce/define-reduce.ts";
import { reduceMax, reduceMin } from "../../ops/reduce/reduce-extremum.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { reshape } from "../../ops/shape/reshape.ts";
import { normalizeAxis } from "../../ops/shape-rules.ts";
import { sqrt, square } from "../../ops/unary/powers.ts";

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
export { argmax } from "../../ops/reduce/argmax.ts";
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

function reduce(op: ReduceOp, x: Value, axis: Axis, keepdims: boolean): Value {
  return op(x, { keepDims: keepdims, ...(axis !== undefined && axis !== null && { axes: axis }) });
}

/** The sum along axes. */
export function sum(x: Value, axis?: Axis, keepdims = false): Value {
  return reduce(reduceSum, x, axis, keepdims);
}

/** The arithmetic mean along axes. */
export function mean(x: Value, axis?: Axis, keepdims = false): Value {
  return reduce(reduceMean, x, axis, keepdims);
}

/** The largest element along axes. */
export function max(x: Value, axis?: Axis, keepdims = false): Value {
  return reduce(reduceMax, x, axis, keepdims);
}

/** The smallest element along axes. */
export function min(x: Value, axis?: Axis, keepdims = false): Value {
  return reduce(reduceMin, x, axis, keepdims);
}

/** The variance along axes: the mean squared distance from the mean. */
export function variance(x: Value, axis?: Axis, keepdims = false): Value {
  return mean(square(subtract(x, mean(x, axis, true))), axis, keepdims);
}

/** The standard deviation along axes. */
export function std(x: Value, axis?: Axis, keepdims = false): Value {
  return sqrt(variance(x, axis, keepdims));
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
