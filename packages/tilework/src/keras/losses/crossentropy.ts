/**
 * Crossentropies, with the numerics of Keras on TensorFlow: what a softmax or sigmoid made is taken back to its
 * logits, where no probability can vanish; other probabilities are clipped to [1e-7, 1 - 1e-7].
 */
import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { divide } from "../../ops/binary/divide.ts";
import { clip } from "../../ops/binary/extremum.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { subtract } from "../../ops/binary/subtract.ts";
import { crossentropyWithLogits } from "../../ops/loss/crossentropy-with-logits.ts";
import { sigmoidCrossentropyWithLogits } from "../../ops/loss/sigmoid-crossentropy-with-logits.ts";
import { sparseCrossentropyWithLogits } from "../../ops/loss/sparse-crossentropy-with-logits.ts";
import { reduceMean } from "../../ops/reduce/reduce-mean.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { reshape } from "../../ops/shape/reshape.ts";
import { normalizeAxis } from "../../ops/shape-rules.ts";
import { logSoftmax, softmax } from "../../ops/softmax/softmax.ts";
import { cast } from "../../ops/unary/cast.ts";
import { log } from "../../ops/unary/exponential.ts";
import { negate } from "../../ops/unary/negate.ts";
import { sigmoid } from "../../ops/unary/sigmoid.ts";
import { formatShape, sameShape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";

export interface CrossentropyAttributes {
  /** Whether predictions are logits rather than probabilities. */
  readonly fromLogits: boolean;
  /** The axis of the classes; for the binary form the axis that is averaged. */
  readonly axis: number;
}

const smallest = 1e-7;

/** Losses that have warned; a step's program may be traced many times. */
const warned = new Set<string>();

function clipProbability(probability: Value): Value {
  return clip(probability, Math.fround(smallest), Math.fround(1 - smallest));
}

/** The logits of a prediction; undefined where only probabilities are known. */
function softmaxLogits(
  loss: string,
  yPred: Value,
  { fromLogits, axis }: CrossentropyAttributes,
): Value | undefined {
  const { op, attributes, inputs } = yPred.node;
  const isSoftmax = op === softmax.definition && attributes === normalizeAxis(loss, axis, yPred.shape.length);
  return throughActivation(loss, yPred, fromLogits, isSoftmax ? inputs[0] : undefined);
}

function sigmoidLogits(yPred: Value, fromLogits: boolean): Value | undefined {
  const { op, inputs } = yPred.node;
  const logits = op === sigmoid.definition ? inputs[0] : undefined;
  return throughActivation("binary_crossentropy", yPred, fromLogits, logits);
}

function throughActivation(
  loss: string,
  yPred: Value,
  fromLogits: boolean,
  logits: Value | undefined,
): Value | undefined {
  if (fromLogits && logits !== undefined && !warned.has(loss)) {
    warned.add(loss);
    console.warn(
      `${loss}: fromLogits is true, but the predictions come from a ${yPred.node.op.name}; its input is taken as the logits`,
    );
  }
  return logits ?? (fromLogits ? yPred : undefined);
}

/** Class indices (with or without a last axis of size 1) against scores for the classes along the last axis. */
export function sparseCategoricalCrossentropyOf(yTrue: Value, yPred: Value, fromLogits: boolean): Value {
  const places = yPred.shape.slice(0, -1);
  const labels = sameShape(yTrue.shape, [...places, 1]) ? reshape(yTrue, places) : yTrue;
  if (!sameShape(labels.shape, places))
    throw new ShapeError(
      `sparse_categorical_crossentropy: labels ${formatShape(yTrue.shape)} do not fit predictions ` +
        `${formatShape(yPred.shape)}; there must be one class index for each row of scores, ` +
        `${formatShape(places)}. For one-hot labels use "categorical_crossentropy"`,
    );
  const logits = softmaxLogits("sparse_categorical_crossentropy", yPred, { fromLogits, axis: -1 });
  return sparseCrossentropyWithLogits(logits ?? log(clipProbability(yPred)), cast(labels, "int32"));
}

/** One-hot (or soft) labels against scores for the classes. */
export function categoricalCrossentropyOf(
  yTrue: Value,
  yPred: Value,
  attributes: CrossentropyAttributes,
): Value {
  const name = "categorical_crossentropy";
  checkSameShape(name, yTrue, yPred);
  const axis = normalizeAxis(name, attributes.axis, yPred.shape.length);
  const logits = softmaxLogits(name, yPred, attributes);
  if (logits !== undefined && axis === yPred.shape.length - 1) return crossentropyWithLogits(logits, yTrue);
  const logProbability = logits ? logSoftmax(logits, axis) : log(clipProbability(shareOf(yPred, axis)));
  return negate(reduceSum(multiply(yTrue, logProbability), { axes: axis }));
}

function shareOf(scores: Value, axis: number): Value {
  return divide(scores, reduceSum(scores, { axes: axis, keepDims: true }));
}

/** Labels from 0 to 1 against one score each, averaged along an axis. */
export function binaryCrossentropyOf(yTrue: Value, yPred: Value, attributes: CrossentropyAttributes): Value {
  checkSameShape("binary_crossentropy", yTrue, yPred);
  const logits = sigmoidLogits(yPred, attributes.fromLogits);
  const values = logits
    ? sigmoidCrossentropyWithLogits(logits, yTrue)
    : binaryOfProbabilities(yTrue, clipProbability(yPred));
  return reduceMean(values, { axes: attributes.axis });
}

function binaryOfProbabilities(yTrue: Value, probability: Value): Value {
  const ones = multiply(yTrue, log(probability));
  const zeros = multiply(subtract(1, yTrue), log(subtract(1, probability)));
  return negate(add(ones, zeros));
}

function checkSameShape(loss: string, yTrue: Value, yPred: Value): void {
  if (sameShape(yTrue.shape, yPred.shape)) return;
  const mend =
    loss === "categorical_crossentropy" && yTrue.shape.length < yPred.shape.length
      ? '; for class indices use "sparse_categorical_crossentropy"'
      : "";
  throw new ShapeError(
    `${loss}: labels ${formatShape(yTrue.shape)} and predictions ${formatShape(yPred.shape)} must have the same shape${mend}`,
  );
}
