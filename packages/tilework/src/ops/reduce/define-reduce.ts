import { applyOp, type GradientContext, type OpDefinition } from "../../graph/define-op.ts";
import { requireValue } from "../../graph/is-value.ts";
import type { Value } from "../../graph/value.ts";
import { type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { type Callable, callable } from "../callable.ts";
import { forEachPlace, offsetOf } from "../reference-elementwise.ts";
import { normalizeAxis, requireDtype } from "../shape-rules.ts";
import { lowerReduction } from "./lower-reduction.ts";

export interface ReduceOptions {
  /** The axes that go; all of them where left out. Negative ones count from the last. */
  readonly axes?: number | readonly number[];
  /** Reduced axes stay with size 1. Default false. */
  readonly keepDims?: boolean;
}

/** The axes ascending and non-negative. */
export interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export type ReduceOp = Callable<(x: Value, options?: ReduceOptions) => Value, ReduceAttributes>;

export interface ReduceRule {
  readonly name: string;
  readonly fold: "add" | "max" | "min";
  /** Divides the sum by the number of elements that went into it. */
  readonly mean?: boolean;
  readonly start: number;
  step(accumulator: number, element: number): number;
  gradient(context: GradientContext<ReduceAttributes>): Value;
}

/** An op that folds axes away. */
export function defineReduce(rule: ReduceRule): ReduceOp {
  const definition: OpDefinition<ReduceAttributes> = {
    name: rule.name,
    infer: ([x], attributes) => {
      requireDtype(rule.name, x!, ["float32"]);
      return [{ shape: reducedShape(x!.shape, attributes), dtype: x!.dtype }];
    },
    ...(rule.fold === "add" && { summedAxes: ({ axes }) => axes, isMean: rule.mean ?? false }),
    gradient: (context) => [rule.gradient(context)],
    lower: (context) => lowerReduction(context, rule.name, rule.fold, rule.mean ?? false),
    reference: ([x], { axes }) => [referenceFold(rule, x!.data, x!.shape, axes)],
  };
  return callable(definition, (x: Value, { axes, keepDims = false }: ReduceOptions = {}) => {
    requireValue(rule.name, x);
    const normalized = normalizeAxes(rule.name, axes, x.shape.length);
    return applyOp(definition, [x], { axes: normalized, keepDims })[0]!;
  });
}

/** x's shape with size 1 at the given axes. */
export function keptDims(x: Value, axes: readonly number[]): number[] {
  return x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

/** The number of elements that go into one result. */
export function reducedSize(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((count, axis) => count * shape[axis]!, 1);
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttributes): number[] {
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [size]));
}

/** The axes ascending and non-negative; all of them where left out. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === "number" ? [axes] : axes;
  return [...new Set(list.map((axis) => normalizeAxis(op, axis, rank)))].sort((a, b) => a - b);
}

function referenceFold(
  rule: ReduceRule,
  data: Float64Array,
  shape: Shape,
  axes: readonly number[],
): Float64Array {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const result = new Float64Array(sizeOf(kept)).fill(rule.start);
  forEachPlace(shape, (place, flat) => {
    const at = offsetOf(place, strides);
    result[at] = rule.step(result[at]!, data[flat]!);
  });
  return rule.mean ? result.map((sum) => sum / reducedSize(shape, axes)) : result;
}
