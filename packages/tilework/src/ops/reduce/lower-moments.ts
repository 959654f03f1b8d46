/**
 * Mean and variance in one pass over the operand (and an eighth of another): sums of d = x - shift and of d² give
 *
 *     mean = shift + Σd / n        Σ(x - mean)² = Σd² - (Σd)² / n
 *
 * The difference cancels little, whatever the data: shift is the mean of m of the n elements, so by Cauchy and
 * Schwarz m·(shift - mean)² <= Σ(x - mean)², and Σd² is at most 1 + n/m = 9 times the result. Rows of a cut
 * reduction are combined by Σ_r (M_r + n_r·(mean_r - mean)²) (Chan, Golub and LeVeque 1983), in two small passes.
 */
import type { LowerContext } from "../../graph/define-op.ts";
import {
  add,
  compare,
  div,
  f32,
  fma,
  i32,
  max,
  mul,
  position,
  select,
  sub,
} from "../../kernel/build-expression.ts";
import type { Expression } from "../../kernel/expression.ts";
import type { Index } from "../../kernel/index-expression.ts";
import type { Buffer } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { reducedSize } from "./define-reduce.ts";
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

export interface MomentsAttributes {
  /** Ascending and non-negative. */
  readonly axes: readonly number[];
}

/** Emits the nests of mean and variance, both with size 1 along the reduced axes. */
export function lowerMoments(context: LowerContext<MomentsAttributes>, name: string): void {
  const { axes } = context.attributes;
  const input = context.inputs[0]!;
  const [mean, variance] = context.outputs as [Buffer, Buffer];
  const operand = joinLastAxes(input, axes);
  const cut = cutReduction(operand);
  const place = (kept: readonly Index[]): Index[] => expandKept(input, axes, true, kept);
  if (cut === undefined) {
    const count = reducedSize(input.shape, axes);
    emitRow(
      { context, name, operand, shift: context.temporary("shift", mean.shape), place },
      mean,
      variance,
      count,
    );
    return;
  }
  const shape = partialShape(operand, cut);
  const [shift, means, squares] = ["shift", "rowMean", "rowSquares"].map((of) =>
    context.temporary(of, shape),
  ) as [Buffer, Buffer, Buffer];
  for (const chunks of cut.chunks)
    emitRow({ context, name, operand, shift, cut, chunks, place: (kept) => [...kept] }, means, squares, 1);
  combineRows({ context, name, operand, cut, means, squares, place }, mean, variance);
}

interface Row {
  readonly context: LowerContext<MomentsAttributes>;
  readonly name: string;
  readonly operand: Reduced;
  /** Where the means of the samples are kept. */
  readonly shift: Buffer;
  readonly cut?: Cut;
  readonly chunks?: Chunks;
  place(kept: readonly Index[]): Index[];
}

/** Emits means, and sums of squared deviations divided by `divisor`. */
function emitRow(row: Row, means: Buffer, squares: Buffer, divisor: number): void {
  const { context, name, operand, shift, cut, chunks, place } = row;
  const lanes = isInLanes(operand);
  const first = new NestBuilder(name);
  const sample = reductionPlace(first, operand, cut, chunks, true);
  const sampled = first.load(operand.source, sample.index);
  const total = sample.folds ? first.reduce([{ op: "add", value: sampled }], { lanes })[0]! : sampled;
  first.store(shift, [...sample.row, ...place(sample.kept)], div(total, f32(sample.count)));
  context.emit(first.build());

  const nest = new NestBuilder(name);
  const all = reductionPlace(nest, operand, cut, chunks);
  const at = [...all.row, ...place(all.kept)];
  const start = nest.load(shift, at);
  const deviation = sub(nest.load(operand.source, all.index), start);
  const [sum, squared] = all.folds
    ? nest.reduce(
        [
          { op: "add", value: deviation },
          { op: "add", value: mul(deviation, deviation) },
        ],
        { lanes },
      )
    : [deviation, mul(deviation, deviation)];
  const away = div(sum!, f32(all.count));
  nest.store(means, at, add(start, away));
  const rest = max(sub(squared!, mul(sum!, away)), f32(0));
  nest.store(squares, at, divisor === 1 ? rest : div(rest, f32(divisor)));
  context.emit(nest.build());
}

interface Rows {
  readonly context: LowerContext<MomentsAttributes>;
  readonly name: string;
  readonly operand: Reduced;
  readonly cut: Cut;
  readonly means: Buffer;
  readonly squares: Buffer;
  place(kept: readonly Index[]): Index[];
}

function combineRows(rows: Rows, mean: Buffer, variance: Buffer): void {
  const { context, name, cut, means, squares, place } = rows;
  const folded = cut.parts > 1 ? 2 : 1;
  const count = f32(elementsOf(rows.operand));
  const operand = { source: means, reduced: means.shape.map((_, axis) => axis < folded) };

  const first = new NestBuilder(name);
  const each = reductionPlace(first, operand);
  const weighted = mul(first.load(means, each.index), rowWeight(rows, each.index[0]!));
  const [total] = first.reduce([{ op: "add", value: weighted }], { lanes: isInLanes(operand) });
  first.store(mean, place(each.kept), div(total!, count));
  context.emit(first.build());

  const second = new NestBuilder(name);
  const { index, kept } = reductionPlace(second, operand);
  const away = sub(second.load(means, index), second.load(mean, place(kept)));
  const within = second.load(squares, index);
  const value = fma(mul(away, rowWeight(rows, index[0]!)), away, within);
  const [sum] = second.reduce([{ op: "add", value }], { lanes: isInLanes(operand) });
  second.store(variance, place(kept), div(sum!, count));
  context.emit(second.build());
}

function elementsOf({ source, reduced }: Reduced): number {
  return sizeOf(source.shape.filter((_, axis) => reduced[axis]));
}

/** How many elements went into a row. */
function rowWeight({ operand, cut }: Rows, row: Index): Expression {
  const [whole, rest] = cut.chunks;
  const others = elementsOf(operand) / operand.source.shape[whole!.axis]! / cut.parts;
  const weight = f32(whole!.length * others);
  if (rest === undefined) return weight;
  return select(compare("lt", position(row), i32(rest.row)), weight, f32(rest.length * others));
}
