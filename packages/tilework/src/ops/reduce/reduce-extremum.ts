/** Largest and smallest elements. NaN wins. The gradient is shared evenly among ties, as in Keras. */
import type { GradientContext } from "../../graph/define-op.ts";
import type { Value } from "../../graph/value.ts";
import { equal } from "../binary/comparison.ts";
import { divide } from "../binary/divide.ts";
import { multiply } from "../binary/multiply.ts";
import { reshape } from "../shape/reshape.ts";
import { cast } from "../unary/cast.ts";
import { defineReduce, keptDims, type ReduceAttributes, type ReduceOp } from "./define-reduce.ts";
import { reduceSum } from "./reduce-sum.ts";

/** The largest element over axes. */
export const reduceMax: ReduceOp = defineReduce({
  name: "reduceMax",
  fold: "max",
  start: Number.NEGATIVE_INFINITY,
  step: Math.max,
  gradient: shareAmongTies,
});

/** The smallest element over axes. */
export const reduceMin: ReduceOp = defineReduce({
  name: "reduceMin",
  fold: "min",
  start: Number.POSITIVE_INFINITY,
  step: Math.min,
  gradient: shareAmongTies,
});

function shareAmongTies(context: GradientContext<ReduceAttributes>): Value {
  const { axes } = context.attributes;
  const x = context.inputs[0]!;
  const kept = keptDims(x, axes);
  const taken = cast(equal(x, reshape(context.outputs[0]!, kept)), "float32");
  const share = divide(reshape(context.upstream[0]!, kept), reduceSum(taken, { axes, keepDims: true }));
  return multiply(taken, share);
}
