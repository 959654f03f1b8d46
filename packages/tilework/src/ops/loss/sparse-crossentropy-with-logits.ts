import { defineOp, type OpDefinition } from "../../graph/define-op.ts";
import type { TensorType, Value } from "../../graph/value.ts";
import { sub } from "../../kernel/build-expression.ts";
import * as math from "../../kernel/math.ts";
import { formatShape, sameShape } from "../../tensor/shape.ts";
import { ShapeError } from "../../util/errors.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { type Callable, callable } from "../callable.ts";
import { oneHot } from "../shape/one-hot.ts";
import { reshape } from "../shape/reshape.ts";
import { requireDtype, requireRank } from "../shape-rules.ts";
import { emitExponentialSum, emitLargest } from "../softmax/lower-softmax.ts";
import { referenceLogSoftmax } from "../softmax/reference-softmax.ts";
import { softmax } from "../softmax/softmax.ts";

const name = "sparseCrossentropyWithLogits";

const definition: OpDefinition<undefined> = {
  name,
  infer: ([logits, labels]) => [inferLoss(logits!, labels!)],
  gradient: ({ inputs: [logits, labels], upstream: [upstream] }) => {
    const classes = logits!.shape[logits!.shape.length - 1]!;
    const error = subtract(softmax(logits!), oneHot(labels!, classes));
    return [multiply(error, reshape(upstream!, [...labels!.shape, 1])), undefined];
  },
  lower: (context) => {
    const [logits, labels] = [context.inputs[0]!, context.inputs[1]!];
    const axis = logits.shape.length - 1;
    const largest = emitLargest(context, name, logits, axis);
    emitExponentialSum(context, name, logits, axis, largest, context.outputs[0]!, (sum, { nest, kept }) => {
      const label = nest.load(labels, kept);
      const logit = nest.load(logits, [...kept, { dynamic: label }]);
      return sub(math.log(sum), sub(logit, nest.load(largest, kept)));
    });
  },
  reference: ([logits, labels]) => {
    const classes = logits!.shape[logits!.shape.length - 1]!;
    const likelihoods = referenceLogSoftmax(logits!.data, logits!.shape, logits!.shape.length - 1);
    return [
      labels!.data.map((label, row) => {
        const clamped = Math.max(0, Math.min(classes - 1, label));
        return -likelihoods[row * classes + clamped]!;
      }),
    ];
  },
};

const op = defineOp<[logits: Value, labels: Value], undefined>(definition);

/**
 * -log softmax(logits)[label]: logits (…, classes) and labels (…; int32 or uint8, checked against the number of
 * classes by whoever feeds them) give one loss a label.
 */
export const sparseCrossentropyWithLogits: Callable<(logits: Value, labels: Value) => Value, undefined> =
  callable(definition, (logits: Value, labels: Value) => op(logits, labels, undefined));

function inferLoss(logits: TensorType, labels: TensorType): TensorType {
  requireDtype(name, logits, ["float32"], "logits");
  requireDtype(name, labels, ["int32", "uint8"], "label");
  requireRank(name, logits, 1, "logits");
  const rows = logits.shape.slice(0, -1);
  if (!sameShape(rows, labels.shape))
    throw new ShapeError(
      `${name}: logits ${formatShape(logits.shape)} need labels of shape ${formatShape(rows)}, ` +
        `not ${formatShape(labels.shape)}`,
    );
  return { shape: rows, dtype: "float32" };
}
