import { applyOp, type OpDefinition, type ReferenceArray } from "../../graph/define-op.ts";
import { requireValue } from "../../graph/is-value.ts";
import type { Value } from "../../graph/value.ts";
import { sizeOf, stridesOf } from "../../tensor/shape.ts";
import { add } from "../binary/add.ts";
import { divide } from "../binary/divide.ts";
import { multiply } from "../binary/multiply.ts";
import { subtract } from "../binary/subtract.ts";
import { type Callable, callable } from "../callable.ts";
import { forEachPlace, offsetOf } from "../reference-elementwise.ts";
import { broadcastTo } from "../shape/broadcast-to.ts";
import { requireDtype } from "../shape-rules.ts";
import { normalizeAxes, type ReduceOptions, reducedSize } from "./define-reduce.ts";
import { lowerMoments, type MomentsAttributes } from "./lower-moments.ts";

const name = "moments";

const definition: OpDefinition<MomentsAttributes> = {
  name,
  infer: ([x], { axes }) => {
    requireDtype(name, x!, ["float32"]);
    const shape = x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return [
      { shape, dtype: x!.dtype },
      { shape, dtype: x!.dtype },
    ];
  },
  gradient: ({ inputs: [x], outputs: [mean], upstream: [byMean, byVariance], attributes: { axes } }) => {
    const count = reducedSize(x!.shape, axes);
    const share = byMean && divide(byMean, count);
    const slope = byVariance && multiply(subtract(x!, mean!), divide(byVariance, count / 2));
    if (share === undefined || slope === undefined) return [slope ?? broadcastTo(share!, x!.shape)];
    return [add(slope, share)];
  },
  lower: (context) => lowerMoments(context, name),
  reference: ([x], { axes }) => referenceMoments(x!, axes),
};

/**
 * Mean and (biased) variance over axes, which stay with size 1. Accurate also where the mean is far larger than the
 * deviations, without keeping these in memory.
 */
export const moments: Callable<
  (x: Value, options?: Pick<ReduceOptions, "axes">) => readonly [mean: Value, variance: Value],
  MomentsAttributes
> = callable(definition, (x: Value, { axes }: Pick<ReduceOptions, "axes"> = {}) => {
  requireValue(name, x);
  const [mean, variance] = applyOp(definition, [x], { axes: normalizeAxes(name, axes, x.shape.length) });
  return [mean!, variance!] as const;
});

function referenceMoments({ shape, data }: ReferenceArray, axes: readonly number[]): Float64Array[] {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const count = reducedSize(shape, axes);
  const [mean, variance] = [new Float64Array(sizeOf(kept)), new Float64Array(sizeOf(kept))];
  forEachPlace(shape, (place, flat) => {
    mean[offsetOf(place, strides)]! += data[flat]! / count;
  });
  forEachPlace(shape, (place, flat) => {
    const at = offsetOf(place, strides);
    variance[at]! += (data[flat]! - mean[at]!) ** 2 / count;
  });
  return [mean, variance];
}
