/** The public namespace `activations`: Keras's activation functions, with Keras's defaults, on tensors of a program. */
import type { Value } from "../../graph/value.ts";
import { greater } from "../../ops/binary/comparison.ts";
import { minimum } from "../../ops/binary/extremum.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { softmax as softmaxOp } from "../../ops/softmax/softmax.ts";
import * as eluOp from "../../ops/unary/elu.ts";
import { gelu as geluOp } from "../../ops/unary/gelu.ts";
import { leakyRelu as leakyReluOp } from "../../ops/unary/leaky-relu.ts";
import { relu as reluOp } from "../../ops/unary/relu.ts";
import { sigmoid as sigmoidOp } from "../../ops/unary/sigmoid.ts";
import { silu as siluOp } from "../../ops/unary/silu.ts";
import { softplus as softplusOp } from "../../ops/unary/softplus.ts";
import { tanh as tanhOp } from "../../ops/unary/tanh.ts";
import { where } from "../../ops/where.ts";

export interface ReluOptions {
  /** Slope below the threshold. Default 0. */
  readonly negativeSlope?: number | undefined;
  /** What the result does not exceed. Default: no bound. */
  readonly maxValue?: number | undefined;
  /** Where the identity begins. Default 0. */
  readonly threshold?: number | undefined;
}

/** x itself. */
export function linear(x: Value): Value {
  return x;
}

/** x above `threshold`, at most `maxValue`; below, negativeSlope · (x - threshold). By default max(x, 0). */
export function relu(x: Value, options: ReluOptions = {}): Value {
  const { negativeSlope = 0, maxValue, threshold = 0 } = options;
  const bound = (y: Value): Value => (maxValue === undefined ? y : minimum(y, maxValue));
  if (threshold === 0) return bound(negativeSlope === 0 ? reluOp(x) : leakyReluOp(x, negativeSlope));
  const below = negativeSlope === 0 ? 0 : multiply(subtract(x, threshold), negativeSlope);
  return bound(where(greater(x, threshold), x, below));
}

/** 1 / (1 + e^-x). */
export function sigmoid(x: Value): Value {
  return sigmoidOp(x);
}

/** The hyperbolic tangent. */
export function tanh(x: Value): Value {
  return tanhOp(x);
}

/** e^x, divided by its sum along `axis` (the last). */
export function softmax(x: Value, axis = -1): Value {
  return softmaxOp(x, axis);
}

/** x above 0, else alpha · (e^x - 1). */
export function elu(x: Value, alpha = 1): Value {
  return eluOp.elu(x, alpha);
}

/** The self-normalising scaled elu. */
export function selu(x: Value): Value {
  return eluOp.selu(x);
}

/** x · Φ(x) with the normal distribution function Φ; `approximate` takes tanh for it. */
export function gelu(x: Value, approximate = false): Value {
  return geluOp(x, approximate);
}

/** x · sigmoid(x), also called swish. */
export function silu(x: Value): Value {
  return siluOp(x);
}

/** log(1 + e^x). */
export function softplus(x: Value): Value {
  return softplusOp(x);
}

/** x from 0 on, else negativeSlope · x. */
export function leakyRelu(x: Value, negativeSlope = 0.2): Value {
  return leakyReluOp(x, negativeSlope);
}
