import type { Value } from "../../graph/value.ts";
import { add } from "../../ops/binary/add.ts";
import { divide } from "../../ops/binary/divide.ts";
import { clip, maximum } from "../../ops/binary/extremum.ts";
import { multiply } from "../../ops/binary/multiply.ts";
import { reduceSum } from "../../ops/reduce/reduce-sum.ts";
import { sqrt, square } from "../../ops/unary/powers.ts";

/** Bounds for gradients; at most one may be given. */
export interface GradientClipping {
  /** Each weight's gradient is scaled down to at most this length. */
  readonly clipnorm?: number | undefined;
  /** Each element is brought into [-clipvalue, clipvalue]. */
  readonly clipvalue?: number | undefined;
  /** All gradients together are scaled down to at most this length. */
  readonly globalClipnorm?: number | undefined;
}

export function clipGradients(gradients: readonly Value[], clipping: GradientClipping): readonly Value[] {
  const { clipnorm, clipvalue, globalClipnorm } = clipping;
  if (clipvalue) return gradients.map((gradient) => clip(gradient, -clipvalue, clipvalue));
  if (clipnorm) return gradients.map((gradient) => scaleDown(gradient, lengthOf([gradient]), clipnorm));
  if (globalClipnorm === undefined || gradients.length === 0) return gradients;
  const length = lengthOf(gradients);
  return gradients.map((gradient) => scaleDown(gradient, length, globalClipnorm));
}

function lengthOf(gradients: readonly Value[]): Value {
  return sqrt(gradients.map((gradient) => reduceSum(square(gradient))).reduce((sum, next) => add(sum, next)));
}

function scaleDown(gradient: Value, length: Value, bound: number): Value {
  return multiply(gradient, divide(bound, maximum(length, bound)));
}
