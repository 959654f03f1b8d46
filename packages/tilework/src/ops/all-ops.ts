/** Every op, for whoever walks them all. No pass needs this list. */
import type { OpDefinition } from "../graph/define-op.ts";
import { add } from "./binary/add.ts";
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from "./binary/comparison.ts";
import { divide } from "./binary/divide.ts";
import { maximum, minimum } from "./binary/extremum.ts";
import { logicalAnd, logicalOr, logicalXor } from "./binary/logical.ts";
import { multiply } from "./binary/multiply.ts";
import { power } from "./binary/power.ts";
import { subtract } from "./binary/subtract.ts";
import { constant } from "./constant.ts";
import { convolution } from "./convolution/convolution.ts";
import { convolutionBackwardData } from "./convolution/convolution-backward-data.ts";
import { convolutionBackwardFilter } from "./convolution/convolution-backward-filter.ts";
import { depthwiseConvolution } from "./convolution/depthwise-convolution.ts";
import { depthwiseConvolutionBackwardData } from "./convolution/depthwise-convolution-backward-data.ts";
import { depthwiseConvolutionBackwardFilter } from "./convolution/depthwise-convolution-backward-filter.ts";
import { fill } from "./fill.ts";
import { crossentropyWithLogits } from "./loss/crossentropy-with-logits.ts";
import { sigmoidCrossentropyWithLogits } from "./loss/sigmoid-crossentropy-with-logits.ts";
import { sparseCrossentropyWithLogits } from "./loss/sparse-crossentropy-with-logits.ts";
import { matmul } from "./matmul/matmul.ts";
import { averagePool } from "./pooling/average-pool.ts";
import { averagePoolBackward } from "./pooling/average-pool-backward.ts";
import { maxPool } from "./pooling/max-pool.ts";
import { maxPoolBackward } from "./pooling/max-pool-backward.ts";
import { maxPoolSelect } from "./pooling/max-pool-select.ts";
import { randomBits, randomUniform } from "./random/random.ts";
import { argmax } from "./reduce/argmax.ts";
import { moments } from "./reduce/moments.ts";
import { reduceMax, reduceMin } from "./reduce/reduce-extremum.ts";
import { reduceMean } from "./reduce/reduce-mean.ts";
import { reduceSum } from "./reduce/reduce-sum.ts";
import { broadcastTo } from "./shape/broadcast-to.ts";
import { concatenate } from "./shape/concatenate.ts";
import { gather, sumRows } from "./shape/gather.ts";
import { iota } from "./shape/iota.ts";
import { oneHot } from "./shape/one-hot.ts";
import { reshape } from "./shape/reshape.ts";
import { slice } from "./shape/slice.ts";
import { spread } from "./shape/spread.ts";
import { transpose } from "./shape/transpose.ts";
import { logSoftmax, softmax } from "./softmax/softmax.ts";
import { abs } from "./unary/abs.ts";
import { cast } from "./unary/cast.ts";
import { elu } from "./unary/elu.ts";
import { erf } from "./unary/erf.ts";
import { exp, expm1, log, log1p } from "./unary/exponential.ts";
import { gelu } from "./unary/gelu.ts";
import { leakyRelu } from "./unary/leaky-relu.ts";
import { negate } from "./unary/negate.ts";
import { rsqrt, sqrt, square } from "./unary/powers.ts";
import { isFiniteElement, isNanElement, logicalNot } from "./unary/predicates.ts";
import { relu, relu6 } from "./unary/relu.ts";
import { ceil, floor, round, sign } from "./unary/rounding.ts";
import { sigmoid } from "./unary/sigmoid.ts";
import { silu } from "./unary/silu.ts";
import { softplus } from "./unary/softplus.ts";
import { softsign } from "./unary/softsign.ts";
import { stopGradient } from "./unary/stop-gradient.ts";
import { tanh } from "./unary/tanh.ts";
import { cos, sin } from "./unary/trigonometric.ts";
import { where } from "./where.ts";

const elementwise = [
  ...[add, subtract, multiply, divide, maximum, minimum, power],
  ...[equal, notEqual, less, lessEqual, greater, greaterEqual],
  ...[logicalAnd, logicalOr, logicalXor, logicalNot, where, cast],
  ...[negate, abs, square, sqrt, rsqrt, exp, expm1, log, log1p, sin, cos, tanh, erf],
  ...[floor, ceil, round, sign, isNanElement, isFiniteElement, stopGradient],
  ...[relu, relu6, leakyRelu, elu, sigmoid, silu, gelu, softplus, softsign],
];

const others = [
  ...[fill, constant, iota, randomBits, randomUniform],
  ...[reduceSum, reduceMean, reduceMax, reduceMin, moments, argmax],
  ...[reshape, broadcastTo, transpose, slice, spread, concatenate, oneHot, gather, sumRows],
  ...[matmul, softmax, logSoftmax],
  ...[crossentropyWithLogits, sparseCrossentropyWithLogits, sigmoidCrossentropyWithLogits],
];

const windows = [
  ...[convolution, convolutionBackwardData, convolutionBackwardFilter],
  ...[depthwiseConvolution, depthwiseConvolutionBackwardData, depthwiseConvolutionBackwardFilter],
  ...[averagePool, averagePoolBackward, maxPool, maxPoolBackward, maxPoolSelect],
];

export const allOps: readonly OpDefinition<unknown>[] = [...elementwise, ...others, ...windows].map(
  (op): OpDefinition<unknown> => op.definition,
);
