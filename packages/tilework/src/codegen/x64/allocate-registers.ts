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
  /** A bit for each processor register. */
  let free = available.reduce((bits, register) => bits | (1 << register), 0);
  const active: Interval[] = [];
  const release = ({ register }: Interval): void => {
    free |= 1 << places.get(register)!;
  };
  const isFixed = ({ register }: Interval): number => (fixed.has(register) ? 1 : 0);
  const order = [...intervals].sort((x, y) => x.start - y.start || isFixed(y) - isFixed(x) || x.end - y.end);
  for (const interval of order) {
    endBefore(active, interval.start, release);
    if (free === 0) {
      const victim = leastUsed(active, interval);
      spilled.push(victim.register);
      if (victim === interval) continue;
      active.splice(active.indexOf(victim), 1);
      release(victim);
      places.delete(victim.register);
    }
    const wished = fixed.get(interval.register) ?? hinted(interval, places);
    const place = wished !== undefined && isFree(free, wished) ? wished : firstFree(free, available);
    free &= ~(1 << place);
    places.set(interval.register, place);
    active.push(interval);
  }
  return { places, spilled };
}

function isFree(free: number, register: number): boolean {
  return ((free >>> register) & 1) === 1;
}

function firstFree(free: number, available: readonly number[]): number {
  let at = 0;
  while (((free >>> available[at]!) & 1) === 0) at++;
  return available[at]!;
}

/** Takes the intervals that end before `start` out of the list. */
function endBefore(active: Interval[], start: number, release: (interval: Interval) => void): void {
  let kept = 0;
  for (let at = 0; at < active.length; at++) {
    const interval = active[at]!;
    if (interval.end >= start) active[kept++] = interval;
    else release(interval);
  }
  active.length = kept;
}

function hinted({ hint }: Interval, places: ReadonlyMap<number, number>): number | undefined {
  return hint === undefined ? undefined : places.get(hint);
}

function leastUsed(active: readonly Interval[], last: Interval): Interval {
  let least = last.temporary ? undefined : last;
  let cost = least === undefined ? Number.POSITIVE_INFINITY : costOf(least);
  for (let at = active.length - 1; at >= 0; at--) {
    const other = active[at]!;
    if (other.temporary || costOf(other) > cost) continue;
    least = other;
    cost = costOf(other);
  }
  invariant(least !== undefined, "a statement needs more registers than there are");
  return least;
}

/** Long intervals with few uses are the cheapest to keep in memory. */
function costOf({ weight, start, end }: Interval): number {
  return weight / (end - start + 1);
}
