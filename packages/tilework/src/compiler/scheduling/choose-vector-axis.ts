import type { Nest } from "../../kernel/nest.ts";
import type { Target } from "../target.ts";
import { lanePeriod } from "./lane-period.ts";
import { mergedSize, type NestWork, pointsOf } from "./nest-work.ts";
import { isSmoothAlong, type StridedAccess } from "./strided-access.ts";

/** Steps of a reduction over neighbours in memory beside which the stores of its results count little. */
const LONG_REDUCTION = 64;

/** The lanes of a level that has them, else the space axis along which most accesses are contiguous. */
export function chooseVectorAxis(work: NestWork, target: Target): number | undefined {
  const { nest } = work;
  const laneLevel = nest.levels.find((level) => level.lanes);
  if (laneLevel !== undefined) return laneLevel.axes.at(-1);
  let best: number | undefined;
  let bestScore = 0;
  for (const axis of nest.space) {
    if (nest.axes[axis]!.size === 1) continue;
    const score = scoreOf(work, axis, target);
    if (score >= bestScore) {
      best = axis;
      bestScore = score;
    }
  }
  return best;
}

function scoreOf(work: NestWork, axis: number, target: Target): number {
  const { nest } = work;
  const isRepeated = lanePeriod(nest, axis) < nest.axes[axis]!.size;
  const weigh = (accesses: readonly StridedAccess[], weight: number): number =>
    accesses.reduce((sum, access) => sum + weight * scoreAccess(access, axis, isRepeated), 0);
  const isLong =
    pointsOf(nest, nest.levels[0]?.axes ?? []) >= LONG_REDUCTION &&
    work.loads.every((access) => isSmoothAlong(access, axis));
  const storeWeight = nest.levels.length === 0 ? 3 : isLong ? 0.5 : 2;
  let score = weigh(work.stores, storeWeight) + weigh(work.loads, 2) + weigh(work.lateLoads, 1);
  if (isGuarded(nest, axis)) score -= 2;
  const size = nest.levels.length === 0 ? mergedSize(work, nest.space, axis) : nest.axes[axis]!.size;
  const used = size / (Math.ceil(size / target.lanes) * target.lanes);
  return score > 0 ? score * used : score;
}

/** `isRepeated`: the tables along the axis repeat, so that lanes are permuted rather than gathered. */
function scoreAccess({ form, isDynamic }: StridedAccess, axis: number, isRepeated: boolean): number {
  const stride = form.strides[axis]!;
  if (form.tables.some((term) => term.axis === axis)) return isRepeated ? 0.5 : -2;
  if (stride === 0) return isDynamic ? 0 : 0.5;
  return stride === 1 ? 2 : -1;
}

/** Whether a guard ties the axis to other axes. */
function isGuarded(nest: Nest, axis: number): boolean {
  return nest.guards.some(({ index }) => index.terms.some((term) => term.axis === axis));
}
