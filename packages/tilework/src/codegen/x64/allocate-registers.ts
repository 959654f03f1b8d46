/**
 * Linear scan (Poletto and Sarkar, 1999) over whole intervals: a register has one place for its whole life. Where
 * there are too few, the interval that is used least, weighted by loop depth, lives on the stack.
 */
import { invariant } from "../../util/errors.ts";
import type { Interval } from "./live-intervals.ts";

export interface Allocation {
  /** Processor registers by virtual register. */
  readonly places: ReadonlyMap<number, number>;
  readonly spilled: readonly number[];
}

/** `available`: processor registers, the preferred ones first. `fixed`: wished for by virtual register. */
export function allocateRegisters(
  intervals: Iterable<Interval>,
  available: readonly number[],
  fixed: ReadonlyMap<number, number> = new Map(),
): Allocation {
  const places = new Map<number, number>();
  const spilled: number[] = [];
  const free = new Set(available);
  let active: Interval[] = [];
  const isFixed = ({ register }: Interval): number => (fixed.has(register) ? 1 : 0);
  const order = [...intervals].sort((x, y) => x.start - y.start || isFixed(y) - isFixed(x) || x.end - y.end);
  for (const interval of order) {
    active = active.filter((other) => {
      if (other.end >= interval.start) return true;
      free.add(places.get(other.register)!);
      return false;
    });
    if (free.size === 0) {
      const victim = leastUsed([...active, interval]);
      spilled.push(victim.register);
      if (victim === interval) continue;
      active = active.filter((other) => other !== victim);
      free.add(places.get(victim.register)!);
      places.delete(victim.register);
    }
    const wished = fixed.get(interval.register) ?? hinted(interval, places);
    const place = wished !== undefined && free.has(wished) ? wished : available.find((one) => free.has(one))!;
    free.delete(place);
    places.set(interval.register, place);
    active.push(interval);
  }
  return { places, spilled };
}

function hinted({ hint }: Interval, places: ReadonlyMap<number, number>): number | undefined {
  return hint === undefined ? undefined : places.get(hint);
}

function leastUsed(intervals: readonly Interval[]): Interval {
  const candidates = intervals.filter((interval) => !interval.temporary);
  invariant(candidates.length > 0, "a statement needs more registers than there are");
  return candidates.reduce((least, other) => (costOf(other) < costOf(least) ? other : least));
}

/** Long intervals with few uses are the cheapest to keep in memory. */
function costOf({ weight, start, end }: Interval): number {
  return weight / (end - start + 1);
}
