/**
 * The nests that softmax and its relatives share. The largest element is taken away first, so that e^x neither
 * overflows nor loses the sum; sums run in lanes where the axis is the last one.
 */
import type { LowerContext } from "../../graph/define-op.ts";
import { sub } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import { axisIndex, type Index } from "../../kernel/index-expression.ts";
import { exp } from "../../kernel/math.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { spaceOver } from "../lower-elementwise.ts";

/** Where one element of a fold along an axis stands: in the folded tensor, and in what has that axis no more. */
export interface FoldPlace {
  readonly nest: NestBuilder;
  readonly full: readonly Index[];
  readonly kept: readonly Index[];
}

/** Emits a nest that folds `value` along an axis into `target`, which lacks that axis. */
export function foldAxis(
  context: Pick<LowerContext<unknown>, "emit">,
  name: string,
  fold: "add" | "max",
  size: number,
  axis: number,
  target: Buffer,
  value: (place: FoldPlace) => Expression,
  finish: (result: Expression, place: FoldPlace) => Expression = (result) => result,
): void {
  const nest = new NestBuilder(name);
  const kept = spaceOver(nest, target.shape);
  const full = kept.toSpliced(axis, 0, axisIndex(nest.reduction("k", size)));
  const place = { nest, full, kept };
  const lanes = axis === target.shape.length;
  const [result] = nest.reduce([{ op: fold, value: value(place) }], { lanes });
  nest.store(target, kept, finish(result!, place));
  context.emit(nest.build());
}

/** Emits the largest element of x along an axis into a temporary buffer. */
export function emitLargest(context: LowerContext<unknown>, name: string, x: Buffer, axis: number): Buffer {
  const largest = context.temporary("largest", x.shape.toSpliced(axis, 1));
  foldAxis(context, name, "max", x.shape[axis]!, axis, largest, ({ nest, full }) => nest.load(x, full));
  return largest;
}

/** Emits Σ e^(x - largest) along an axis, finished by a function, into `target`. */
export function emitExponentialSum(
  context: LowerContext<unknown>,
  name: string,
  x: Buffer,
  axis: number,
  largest: Buffer,
  target: Buffer,
  finish?: (sum: Expression, place: FoldPlace) => Expression,
): void {
  const value = ({ nest, full, kept }: FoldPlace): Expression =>
    exp(sub(nest.load(x, full), nest.load(largest, kept)));
  foldAxis(context, name, "add", x.shape[axis]!, axis, target, value, finish);
}
