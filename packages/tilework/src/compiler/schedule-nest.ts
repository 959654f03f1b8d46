/** Chooses how a nest runs on a target: a small cost model over its accesses. Bits never depend on it. */
import type { Nest } from "../kernel/nest.ts";
import type { Schedule } from "./schedule.ts";
import { accessesOf, type StridedAccess } from "./scheduling/strided-access.ts";
import type { Target } from "./target.ts";

/** A good default schedule. Any nest gets a valid one. */
export function scheduleNest(nest: Nest, target: Target): Schedule {
  const vectorAxis = chooseVectorAxis(nest, target);
  const size = vectorAxis === undefined ? 1 : nest.axes[vectorAxis]!.size;
  return {
    vectorAxis,
    vectors: Math.min(2, Math.ceil(size / target.lanes)),
    rows: [],
    order: nest.space,
    taskLoops: nest.space.length > 1 || nest.space[0] === vectorAxis ? 1 : 0,
    outerReduction: 0,
    unroll: 1,
    streaming: false,
  };
}

/** The lanes of a level that has them, else the space axis along which most accesses are contiguous. */
function chooseVectorAxis(nest: Nest, target: Target): number | undefined {
  const laneLevel = nest.levels.find((level) => level.lanes);
  if (laneLevel !== undefined) return laneLevel.axes.at(-1);
  const accesses = accessesOf(nest);
  let best: number | undefined;
  let bestScore = 0;
  for (const axis of nest.space) {
    const score = scoreVectorAxis(nest, accesses, axis, target);
    if (score >= bestScore && nest.axes[axis]!.size > 1) {
      best = axis;
      bestScore = score;
    }
  }
  return best;
}

function scoreVectorAxis(
  nest: Nest,
  accesses: readonly StridedAccess[],
  axis: number,
  target: Target,
): number {
  let score = 0;
  for (const { kind, form } of accesses) {
    const stride = form.strides[axis]!;
    const weight = kind === "store" ? 2 : 1;
    if (form.tables.some((term) => term.axis === axis)) score -= 2 * weight;
    else if (stride === 1) score += 2 * weight;
    else if (stride === 0) score += kind === "store" ? -4 : 1;
    else score -= weight;
  }
  if (nest.guards.some(({ index }) => index.terms.some((term) => term.axis === axis))) score -= 3;
  const { size } = nest.axes[axis]!;
  return (score * size) / (Math.ceil(size / target.lanes) * target.lanes);
}
