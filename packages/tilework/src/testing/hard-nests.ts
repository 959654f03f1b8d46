/** The hard nests that interpreter, bounds proof and printers are tried on. */
import {
  backwardDataConvolution,
  backwardWeightsConvolution,
  forwardConvolution,
  groupedConvolution,
  pooledConvolution,
} from "./hard-convolutions.ts";
import {
  adaptiveAveragePooling,
  firstWinner,
  maxPoolingWithWinner,
  overlappingMaxPoolingBackward,
  zeroPadding,
} from "./hard-poolings.ts";
import {
  globalReduction,
  randomIntegers,
  shuffleGather,
  softmax,
  updateInPlace,
  variance,
} from "./hard-reductions.ts";
import type { NestCase } from "./nest-case.ts";

const plain = { kernel: 3, stride: 1, dilation: 1, padding: 0 };

export const hardNests: readonly NestCase[] = [
  forwardConvolution(plain, plain),
  forwardConvolution({ ...plain, stride: 2, padding: 1 }, { ...plain, dilation: 2, padding: 2 }),
  forwardConvolution({ ...plain, padding: 1 }, { kernel: 2, stride: 3, dilation: 1, padding: 0 }, true),
  backwardDataConvolution(plain, plain),
  backwardDataConvolution({ ...plain, stride: 2, padding: 1 }, { ...plain, dilation: 2, padding: 2 }),
  backwardDataConvolution(
    { kernel: 3, stride: 2, dilation: 2, padding: 1 },
    { kernel: 2, stride: 3, dilation: 1, padding: 0 },
  ),
  backwardDataConvolution(
    { kernel: 4, stride: 3, dilation: 2, padding: 2 },
    { kernel: 3, stride: 4, dilation: 2, padding: 1 },
  ),
  backwardWeightsConvolution(),
  groupedConvolution(),
  pooledConvolution(),
  adaptiveAveragePooling(11, 10, 4, 3),
  adaptiveAveragePooling(3, 5, 7, 5),
  maxPoolingWithWinner(2, 1),
  maxPoolingWithWinner(2, 2),
  maxPoolingWithWinner(1, 1),
  maxPoolingWithWinner(1, 2),
  firstWinner(),
  overlappingMaxPoolingBackward(3, 2, false),
  overlappingMaxPoolingBackward(3, 1, false),
  overlappingMaxPoolingBackward(2, 3, false),
  overlappingMaxPoolingBackward(3, 1, true),
  overlappingMaxPoolingBackward(3, 2, true),
  overlappingMaxPoolingBackward(3, 2, true, 48),
  overlappingMaxPoolingBackward(5, 3, true, 16),
  overlappingMaxPoolingBackward(3, 1, true, 20),
  zeroPadding(),
  softmax(3, 37),
  softmax(5, 4),
  variance(4, 50),
  globalReduction(3, 37),
  globalReduction(1, 7),
  shuffleGather(),
  randomIntegers(50),
  updateInPlace(),
];
