import type { Value } from "../../graph/value.ts";
import { reshape } from "../../ops/shape/reshape.ts";
import { formatShape, sameShape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";

/**
 * Keras's rule for values and weights (or labels and predictions) whose ranks differ by one: a last axis of size 1
 * is dropped, or added to what has only the batch.
 */
export function matchLastAxis(x: Value, y: Value): [Value, Value] {
  if (x.shape.length === y.shape.length + 1) {
    const [longer, shorter] = dropOrAdd(x, y);
    return [longer, shorter];
  }
  if (y.shape.length === x.shape.length + 1) {
    const [longer, shorter] = dropOrAdd(y, x);
    return [shorter, longer];
  }
  return [x, y];
}

function dropOrAdd(longer: Value, shorter: Value): [Value, Value] {
  if (longer.shape[longer.shape.length - 1] !== 1) return [longer, shorter];
  if (shorter.shape.length === 1) return [longer, reshape(shorter, [...shorter.shape, 1])];
  return [reshape(longer, longer.shape.slice(0, -1)), shorter];
}

/** Labels and predictions that can be subtracted; any difference of shapes that `matchLastAxis` leaves is refused. */
export function matchForDifference(yTrue: Value, yPred: Value): [Value, Value] {
  const [labels, predictions] = matchLastAxis(yTrue, yPred);
  if (sameShape(labels.shape, predictions.shape)) return [labels, predictions];
  throw new ShapeError(
    `labels ${formatShape(yTrue.shape)} do not fit predictions ${formatShape(yPred.shape)}; ` +
      "both must have the same shape",
  );
}

/** Values and their weights with equally many axes; a weight of an example then stretches over all its places. */
export function matchRanks(values: Value, weight?: Value): [Value, Value | undefined] {
  if (weight === undefined) return [values, undefined];
  const [matched, weights] = matchLastAxis(values, weight);
  const missing = matched.shape.length - weights.shape.length;
  if (missing <= 0) return [matched, weights];
  return [matched, reshape(weights, [...weights.shape, ...new Array<number>(missing).fill(1)])];
}
