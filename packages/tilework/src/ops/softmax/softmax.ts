import { defineOp, type LowerContext, type OpDefinition } from "../../graph/define-op.ts";
import { requireValue } from "../../graph/is-value.ts";
import type { Value } from "../../graph/value.ts";
import { div, sub } from "../../kernel/build-expression.ts";
import * as math from "../../kernel/math.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { type Callable, callable } from "../callable.ts";
import { spaceOver } from "../lower-elementwise.ts";
import { reduceSum } from "../reduce/reduce-sum.ts";
import { normalizeAxis, requireDtype } from "../shape-rules.ts";
import { exp } from "../unary/exponential.ts";
import { emitExponentialSum, emitLargest } from "./lower-softmax.ts";
import { referenceLogSoftmax } from "./reference-softmax.ts";

const softmaxDefinition: OpDefinition<number> = {
  name: "softmax",
  infer: ([x]) => {
    requireDtype("softmax", x!, ["float32"]);
    return [{ shape: x!.shape, dtype: "float32" }];
  },
  gradient: ({ outputs: [y], upstream: [upstream], attributes: axis }) => {
    const mean = reduceSum(multiply(upstream!, y!), { axes: axis, keepDims: true });
    return [multiply(y!, subtract(upstream!, mean))];
  },
  lower: (context) => lowerSoftmax(context, "softmax"),
  reference: ([x], axis) => [referenceLogSoftmax(x!.data, x!.shape, axis).map((y) => Math.exp(y))],
};

const logSoftmaxDefinition: OpDefinition<number> = {
  name: "logSoftmax",
  infer: ([x]) => {
    requireDtype("logSoftmax", x!, ["float32"]);
    return [{ shape: x!.shape, dtype: "float32" }];
  },
  gradient: ({ outputs: [y], upstream: [upstream], attributes: axis }) => {
    const sum = reduceSum(upstream!, { axes: axis, keepDims: true });
    return [subtract(upstream!, multiply(exp(y!), sum))];
  },
  lower: (context) => lowerSoftmax(context, "logSoftmax"),
  reference: ([x], axis) => [referenceLogSoftmax(x!.data, x!.shape, axis)],
};

const softmaxOp = defineOp<[x: Value], number>(softmaxDefinition);
const logSoftmaxOp = defineOp<[x: Value], number>(logSoftmaxDefinition);

/** e^x divided by its sum along an axis (the last one). */
export const softmax: Callable<(x: Value, axis?: number) => Value, number> = callable(
  softmaxDefinition,
  (x: Value, axis = -1) => {
    requireValue("softmax", x);
    return softmaxOp(x, normalizeAxis("softmax", axis, x.shape.length));
  },
);

/** The logarithm of softmax, without its rounding to 0. */
export const logSoftmax: Callable<(x: Value, axis?: number) => Value, number> = callable(
  logSoftmaxDefinition,
  (x: Value, axis = -1) => {
    requireValue("logSoftmax", x);
    return logSoftmaxOp(x, normalizeAxis("logSoftmax", axis, x.shape.length));
  },
);

function lowerSoftmax(context: LowerContext<number>, name: "softmax" | "logSoftmax"): void {
  const [x, y, axis] = [context.inputs[0]!, context.outputs[0]!, context.attributes];
  const largest = emitLargest(context, name, x, axis);
  const sum = context.temporary("sum", largest.shape);
  const finish = name === "softmax" ? undefined : math.log;
  emitExponentialSum(context, name, x, axis, largest, sum, finish);
  const nest = new NestBuilder(name);
  const full = spaceOver(nest, y.shape);
  const kept = full.toSpliced(axis, 1);
  const below = sub(nest.load(x, full), nest.load(largest, kept));
  const total = nest.load(sum, kept);
  nest.store(y, full, name === "softmax" ? div(math.exp(below), total) : sub(below, total));
  context.emit(nest.build());
}
