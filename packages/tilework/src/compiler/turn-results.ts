/**
 * Computes products of matrices transposed where that fills vectors better, or spares a large operand its copy.
 *
 * In `Out[m, n] = Σ A[m, k]·B[k, n]` the columns n lie along vectors. Ten columns leave lanes empty; a B that is stored
 * transposed must be copied first. Where the rows m would do better, a first nest computes `Out[n, m]` into a buffer
 * of its own, and a second one exchanges the axes and does whatever followed the sum. No arithmetic changes.
 */
import type { Expression } from "../kernel/expression.ts";
import { axisIndex } from "../kernel/index-expression.ts";
import type { Buffer, Nest } from "../kernel/nest.ts";
import { rewriter } from "../kernel/rewrite.ts";
import { compactNest } from "./fusion/merge-nests.ts";
import { joinShortAxes } from "./join-short-axes.ts";
import type { OriginNest } from "./lower.ts";
import { fewestReads } from "./pack-operands.ts";
import { bytesOf } from "./plan-memory.ts";
import { type NestWork, pointsOf, workOf } from "./scheduling/nest-work.ts";
import { isSmoothAlong, type StridedAccess, variesAlong } from "./scheduling/strided-access.ts";
import { shortestSide } from "./scheduling/transposing-tile.ts";
import type { Target } from "./target.ts";
import { uncrowded } from "./uncrowded.ts";

/**
 * Cycles of an element that is copied with its axes exchanged, in squares in registers or one by one, or through
 * memory; and of its store before.
 */
const SQUARE_COPY = 0.35;
const NEAR_COPY = 1.2;
const FAR_COPY = 2;
const KEPT = 0.1;
/** Columns of results that are stored with the rows as one axis, their lanes permuted: as fast as squares. */
const MOST_JOINED = 4;
/** The same of an element that goes into a panel. */
const PACKING = 0.3;
/** Bytes apart, elements that are gathered push each other out of the first cache. */
const PAGE = 4096;
/** Cycles that another nest takes to start. */
const STARTING = 400;
/** What turning must leave of the cycles. */
const CLEAR_GAIN = 0.9;

/** The nests, a product in two parts where that gains. */
export function turnResults(nests: readonly OriginNest[], target: Target): OriginNest[] {
  return nests.flatMap(({ nest, origin }) =>
    turnResult(nest, target).map((part) => ({ nest: part, origin })),
  );
}

function turnResult(nest: Nest, target: Target): Nest[] {
  const [row, column, ...others] = nest.space.filter((axis) => nest.axes[axis]!.size > 1);
  if (target.lanes === 8 || row === undefined || column === undefined || others.length > 0) return [nest];
  if (!isProduct(nest)) return [nest];
  const work = workOf(nest);
  const accesses = [...work.loads, ...work.lateLoads, ...work.stores];
  if (accesses.some(({ isDynamic, form }) => isDynamic || form.tables.length > 0)) return [nest];
  if (work.stores.some(({ form }) => form.strides[column] !== 1)) return [nest];
  const results = pointsOf(nest, nest.space);
  const isJoined = nest.axes[column]!.size <= MOST_JOINED;
  const exchange = (isJoined ? SQUARE_COPY : copyCycles(nest, [row, column], target)) + KEPT;
  const turned = cyclesAlong(work, row, target) + results * exchange + STARTING;
  return turned < CLEAR_GAIN * cyclesAlong(work, column, target)
    ? exchanged(nest, row, column, target)
    : [nest];
}

/** Whether the nest sums products of two operands for each point of its space, and no point is left out. */
function isProduct({ levels, guards, buffers }: Nest): boolean {
  const [level, ...outer] = levels;
  if (level === undefined || outer.length > 0 || level.lanes || guards.length > 0) return false;
  const [reduction, ...more] = level.reductions;
  if (reduction?.op !== "add" || more.length > 0) return false;
  const { value } = reduction;
  if (value.kind !== "binary" || value.op !== "mul") return false;
  return [value.x, value.y].every(
    (factor) =>
      factor.kind === "load" && factor.fill === undefined && buffers[factor.buffer]!.dtype === "float32",
  );
}

/** Cycles of an element that is copied with two axes exchanged, near. */
function copyCycles(nest: Nest, axes: readonly number[], { lanes }: Target): number {
  return axes.every((axis) => nest.axes[axis]!.size >= shortestSide(lanes)) ? SQUARE_COPY : NEAR_COPY;
}

/** Cycles of the product with vectors along an axis: its multiply-adds, and copies of operands that lie otherwise. */
function cyclesAlong({ nest, loads }: NestWork, axis: number, target: Target): number {
  const { lanes, l2, multiplyAdds } = target;
  const { size } = nest.axes[axis]!;
  const [summed] = nest.levels[0]!.axes;
  const points = pointsOf(nest, [...nest.space, ...nest.levels[0]!.axes]);
  const reads = points / (size * nest.axes[summed!]!.size);
  const copied = ({ buffer, form }: StridedAccess): number => {
    const bytes = bytesOf(nest.buffers[buffer]!);
    const isCrowded = reads < fewestReads && (4 * form.strides[axis]!) % PAGE === 0;
    const isFar = bytes > l2 || isCrowded;
    return (bytes / 4) * (isFar ? FAR_COPY : copyCycles(nest, [axis, summed!], target));
  };
  const packed = ({ buffer }: StridedAccess): number =>
    reads < fewestReads ? 0 : PACKING * (bytesOf(nest.buffers[buffer]!) / 4);
  return loads
    .filter((access) => variesAlong(access, axis))
    .reduce(
      (sum, access) => sum + (isSmoothAlong(access, axis) ? packed(access) : copied(access)),
      ((points / size) * Math.ceil(size / lanes)) / multiplyAdds,
    );
}

/** The product with its rows innermost, and what the results become of it. */
function exchanged(nest: Nest, row: number, column: number, target: Target): Nest[] {
  const shape = [column, row].map((axis) => nest.axes[axis]!.size);
  const turned: Buffer = { name: `${nest.name}.turned`, dtype: "float32", shape: uncrowded(shape) };
  const index = [axisIndex(column), axisIndex(row)];
  const buffers = [...nest.buffers, turned];
  const buffer = nest.buffers.length;
  const kept: Expression = { kind: "load", buffer, index };
  const finish = rewriter((expression) => (expression.kind === "accumulator" ? kept : expression));
  const single = nest.space.filter((axis) => axis !== row && axis !== column);
  const product = compactNest({
    ...nest,
    buffers,
    space: [...single, column, row],
    stores: [{ buffer, index, value: { kind: "accumulator", level: 0, slot: 0 } }],
  });
  const stores = nest.stores.map((store) => ({ ...store, value: finish(store.value) }));
  const exchange = compactNest({ ...nest, buffers, levels: [], stores });
  return [product, ...joinShortAxes([{ nest: exchange, origin: "" }], target).map((each) => each.nest)];
}
