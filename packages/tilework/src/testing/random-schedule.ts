import type { Schedule } from "../compiler/schedule.ts";
import type { Nest } from "../kernel/nest.ts";

/** A valid schedule of the nest, without pattern and the same for the same seed. */
export function randomSchedule(nest: Nest, seed: number): Schedule {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const below = (count: number): number => {
    state = Math.imul(state, 1664525) + 1013904223;
    return (state >>> 10) % count;
  };
  const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;
  const order = [...nest.space];
  for (let at = order.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  const laneAxes = nest.levels.flatMap((level) => (level.lanes ? level.axes.slice(-1) : []));
  const candidates = [...nest.space, ...laneAxes, ...laneAxes, ...nest.space];
  const vectorAxis = candidates.length === 0 || below(8) === 0 ? undefined : pick(candidates);
  const rows = [...nest.space, ...(nest.levels[1]?.axes ?? [])]
    .filter((axis) => axis !== vectorAxis && below(2) === 0)
    .map((axis) => ({ axis, count: 1 + below(Math.min(4, nest.axes[axis]!.size)) }));
  return {
    vectorAxis,
    vectors: 1 + below(3),
    rows,
    order: below(2) === 0 ? nest.space : order,
    taskLoops: below(nest.space.length + 1),
    outerReduction: below(2) === 0 ? 0 : below((nest.levels[0]?.axes.length ?? 0) + 1),
    outerBlock: 1 + below(3),
    unroll: pick([1, 1, 2, 3, 30]),
    streaming: below(2) === 0,
  };
}
