/** What is known of an index while code is emitted: its range over everything that runs at run time. */
import type { Index } from "../../kernel/index-expression.ts";
import { extremesOf } from "../../util/extremes.ts";
import type { Condition } from "./condition.ts";
import type { Emission, Point } from "./emission.ts";

export interface Interval {
  readonly min: number;
  readonly max: number;
}

/** `lane`: a vector register of the tile, or undefined for all lanes of all registers. */
export function axisRange(e: Emission, axis: number, point: Point | undefined, lane?: number): Interval {
  const at = e.frameOf(axis);
  if (at < 0) {
    const offset = e.extents.has(axis) ? point?.offsets[axis] : undefined;
    return { min: offset ?? 0, max: offset ?? e.plan.sizes[axis]! - 1 };
  }
  const { low, high } = e.frames[at]!;
  if (axis === e.plan.vectorAxis) {
    const last = e.actives.length - 1;
    const from = (lane ?? 0) * e.lanes;
    return { min: low + from, max: high + (lane ?? last) * e.lanes + e.actives[lane ?? last]! - 1 };
  }
  const extent = e.extents.get(axis);
  if (extent === undefined) return { min: low, max: high };
  const offset = point?.offsets[axis];
  return offset === undefined
    ? { min: low, max: high + extent - 1 }
    : { min: low + offset, max: high + offset };
}

export function indexRange(e: Emission, index: Index, point: Point | undefined, lane?: number): Interval {
  let min = index.offset;
  let max = index.offset;
  for (const term of index.terms) {
    const range = axisRange(e, term.axis, point, lane);
    if ("table" in term) {
      const used = term.table.slice(range.min, range.max + 1);
      const extremes = extremesOf(used);
      min += extremes.min;
      max += extremes.max;
    } else {
      min += Math.min(term.stride * range.min, term.stride * range.max);
      max += Math.max(term.stride * range.min, term.stride * range.max);
    }
  }
  return { min, max };
}

/** True or false where that is certain here, else undefined. */
export function decide(
  e: Emission,
  condition: Condition,
  point: Point | undefined,
  lane?: number,
): boolean | undefined {
  if (e.assumed.has(condition)) return true;
  const { min, max } = indexRange(e, condition.index, point, lane);
  if (min >= 0 && max < condition.size) return true;
  if (max < 0 || min >= condition.size) return false;
  return undefined;
}
