import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { TensorType, Value } from "../../graph/value.ts";
import { mul, sub } from "../../kernel/build-expression.ts";
import * as math from "../../kernel/math.ts";
import { formatShape, sameShape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { type Callable, callable } from "../callable.ts";
import { reduceSum } from "../reduce/reduce-sum.ts";
import { reshape } from "../shape/reshape.ts";
import { requireDtype, requireRank } from "../shape-rules.ts";
import { emitExponentialSum, emitLargest, foldAxis } from "../softmax/lower-softmax.ts";
import { referenceLogSoftmax } from "../softmax/reference-softmax.ts";
import { logSoftmax, softmax } from "../softmax/softmax.ts";
import { negate } from "../unary/negate.ts";

const name = "crossentropyWithLogits";

const definition: OpDefinition<undefined> = {
  name,
  infer: ([logits, targets]) => [inferLoss(logits!, targets!)],
  gradient: ({ inputs: [logits, targets], upstream: [upstream] }) => {
    const each = reshape(upstream!, [...upstream!.shape, 1]);
    const mass = reduceSum(targets!, { axes: -1, keepDims: true });
    const error = subtract(multiply(softmax(logits!), mass), targets!);
    return [multiply(error, each), negate(multiply(logSoftmax(logits!), each))];
  },
  lower: (context) => {
    const [logits, targets] = [context.inputs[0]!, context.inputs[1]!];
    const axis = logits.shape.length - 1;
    const classes = logits.shape[axis]!;
    const largest = emitLargest(context, name, logits, axis);
    const logSum = context.temporary("logSum", largest.shape);
    emitExponentialSum(context, name, logits, axis, largest, logSum, math.log);
    foldAxis(context, name, "add", classes, axis, context.outputs[0]!, ({ nest, full, kept }) => {
      const below = sub(nest.load(logits, full), nest.load(largest, kept));
      return mul(nest.load(targets, full), sub(nest.load(logSum, kept), below));
    });
  },
  reference: ([logits, targets]) => {
    const classes = logits!.shape[logits!.shape.length - 1]!;
    const likelihoods = referenceLogSoftmax(logits!.data, logits!.shape, logits!.shape.length - 1);
    const losses = new Float64Array(logits!.data.length / classes);
    targets!.data.forEach((target, i) => {
      losses[Math.floor(i / classes)]! -= target * likelihoods[i]!;
    });
    return [losses];
  },
};

const op = defineOp<[logits: Value, targets: Value], undefined>(definition);

/** -Σ target · log softmax(logits) over the last axis: logits and targets (…, classes) give one loss a row. */
export const crossentropyWithLogits: Callable<(logits: Value, targets: Value) => Value, undefined> = callable(
  definition,
  (logits: Value, targets: Value) => op(logits, targets, undefined),
);

function inferLoss(logits: TensorType, targets: TensorType): TensorType {
  requireDtype(name, logits, ["float32"], "logits");
  requireDtype(name, targets, ["float32"], "target");
  requireRank(name, logits, 1, "logits");
  if (!sameShape(logits.shape, targets.shape))
    throw new ShapeError(
      `${name}: logits ${formatShape(logits.shape)} need targets of the same shape, not ` +
        formatShape(targets.shape),
    );
  return { shape: logits.shape.slice(0, -1), dtype: "float32" };
}
