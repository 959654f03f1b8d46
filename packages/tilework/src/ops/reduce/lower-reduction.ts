/**
 * Reductions as nests. Kept axes are space axes; reduced ones are folded in memory order, in 16 lanes where the
 * last axis is among them. Reduced axes at the end count as one long axis. reduction-cut.ts says how long ones
 * are cut.
 */
import type { LowerContext } from "../../graph/define-op.ts";
import { div, f32 } from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import type { Index } from "../../kernel/index-expression.ts";
import type { Buffer, Nest } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { type ReduceAttributes, reducedSize } from "./define-reduce.ts";
import {
  type Chunks,
  type Cut,
  cutReduction,
  expandKept,
  isInLanes,
  joinLastAxes,
  partialShape,
  type Reduced,
  reductionPlace,
} from "./reduction-cut.ts";

interface FoldNest extends Reduced {
  readonly name: string;
  readonly fold: "add" | "max" | "min";
  readonly target: Buffer;
  readonly cut?: Cut;
  readonly chunks?: Chunks;
  /** The place in the target, from the index of each kept axis. */
  place(kept: readonly Index[]): Index[];
  finish(result: Expression): Expression;
}

/** Emits the nests of a reduction from the only input to the only output. */
export function lowerReduction(
  context: LowerContext<ReduceAttributes>,
  name: string,
  fold: FoldNest["fold"],
  mean: boolean,
): void {
  const { axes, keepDims } = context.attributes;
  const input = context.inputs[0]!;
  const target = context.outputs[0]!;
  const joined = joinLastAxes(input, axes);
  const count = reducedSize(input.shape, axes);
  const place = (kept: readonly Index[]): Index[] => expandKept(input, axes, keepDims, kept);
  const finish = (result: Expression): Expression => (mean ? div(result, f32(count)) : result);
  const last = { name, fold, target, place, finish };
  const cut = cutReduction(joined);
  if (cut === undefined) {
    context.emit(foldNest({ ...last, ...joined }));
    return;
  }
  const partial = context.temporary(`${name}Chunks`, partialShape(joined, cut), target.dtype);
  const first = { ...joined, name, fold, target: partial, cut };
  for (const chunks of cut.chunks)
    context.emit(foldNest({ ...first, chunks, place: (kept) => [...kept], finish: (x) => x }));
  const folded = cut.parts > 1 ? 2 : 1;
  context.emit(
    foldNest({ ...last, source: partial, reduced: partial.shape.map((_, axis) => axis < folded) }),
  );
}

function foldNest({ name, fold, target, cut, chunks, place, finish, ...operand }: FoldNest): Nest {
  const nest = new NestBuilder(name);
  const { index, kept, row, folds } = reductionPlace(nest, operand, cut, chunks);
  const value = nest.load(operand.source, index);
  const result = folds ? nest.reduce([{ op: fold, value }], { lanes: isInLanes(operand) })[0]! : value;
  nest.store(target, [...row, ...place(kept)], finish(result));
  return nest.build();
}
