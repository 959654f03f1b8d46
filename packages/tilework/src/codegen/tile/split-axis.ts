/**
 * How the points of a space axis fall into tiles: runs in which every condition on the axis has one truth value,
 * each run split evenly into tiles (26 rows by at most 10: 9, 9, 8), neighbouring equal tiles grouped into one
 * loop. Along a tiled row axis, tiles whose rows meet a reduction's guard differently are told apart, so that
 * each kind of tile is emitted for exactly its valid rows.
 */
import { laneQuantum } from "../../compiler/scheduling/lane-period.ts";
import type { Condition } from "./condition.ts";
import type { Emission } from "./emission.ts";

/** `tiles` tiles of `size` points each, one after the other. */
export interface Group {
  readonly start: number;
  readonly size: number;
  readonly tiles: number;
}

const MOST_GROUPS = 12;
const MOST_COMBINATIONS = 64;

/** The tiles of a space axis, in order. Those of a task axis cover it without regard to conditions. */
export function spaceGroups(e: Emission, axis: number): Group[] {
  const { plan } = e;
  const size = plan.sizes[axis]!;
  const row = plan.rows.find((each) => each.axis === axis);
  const isTask = plan.order.indexOf(axis) < plan.tasks;
  const whole = [{ start: 0, size }];
  const found = isTask ? whole : runs(e, axis, size);
  const used = found.length > MOST_GROUPS ? whole : found;
  const tiles = used.flatMap((run) => {
    if (axis === plan.vectorAxis || (isTask && axis === e.scheduled.schedule.vectorAxis))
      return vectorTiles(
        run.start,
        run.size,
        plan.vectors,
        e.lanes,
        laneQuantum(plan.lanePeriod ?? 1, e.lanes),
      );
    return row === undefined
      ? [{ start: run.start, size: 1, tiles: run.size }]
      : evenTiles(run.start, run.size, row.count);
  });
  const isPoint = row === undefined && axis !== plan.vectorAxis && tiles.every((group) => group.size === 1);
  const isApart = row !== undefined || axis === plan.vectorAxis || (isPoint && isWrittenOut(e));
  return isApart ? tellApart(e, axis, tiles) : tiles;
}

/** Whether the innermost reduction stands without loops: then its guards are worth a copy of the code for each case. */
export function isWrittenOut(e: Emission): boolean {
  const points = e.plan.levels[0]?.reduce((product, axis) => product * e.plan.sizes[axis]!, 1);
  return points !== undefined && points <= e.scheduled.schedule.unroll && !e.nest.levels[0]!.lanes;
}

/** The number of tiles of a space axis. */
export function tileCount(groups: readonly Group[]): number {
  return groups.reduce((sum, { tiles }) => sum + tiles, 0);
}

function evenTiles(start: number, size: number, most: number): Group[] {
  const count = Math.ceil(size / most);
  const small = Math.floor(size / count);
  const large = size % count;
  const groups: Group[] = [];
  if (large > 0) groups.push({ start, size: small + 1, tiles: large });
  if (large < count) groups.push({ start: start + large * (small + 1), size: small, tiles: count - large });
  return groups;
}

/** Tiles of whole vectors, a multiple of `quantum` each unless there is only one; the last one may end within a vector. */
function vectorTiles(start: number, size: number, vectors: number, lanes: number, quantum: number): Group[] {
  const isOne = size <= vectors * lanes;
  const unit = lanes * (isOne ? 1 : quantum);
  const most = isOne ? vectors : Math.max(1, Math.floor(vectors / quantum));
  const groups = evenTiles(0, Math.ceil(size / unit), most).map((group) => ({
    start: start + group.start * unit,
    size: group.size * unit,
    tiles: group.tiles,
  }));
  const last = groups.at(-1)!;
  const missing = last.start + last.size * last.tiles - start - size;
  if (missing === 0) return groups;
  const full = last.tiles > 1 ? [{ ...last, tiles: last.tiles - 1 }] : [];
  const tail = {
    start: last.start + last.size * (last.tiles - 1),
    size: last.size - missing,
    tiles: 1,
  };
  return [...groups.slice(0, -1), ...full, tail];
}

/**
 * Runs in which each condition on this axis alone is true or false throughout; where a guard is false, none. Fills
 * that would start a run within a period of the lanes are left to masks.
 */
function runs(e: Emission, axis: number, size: number): { start: number; size: number }[] {
  const conditions = e.conditions.filter(({ axes }) => axes === 1 << axis);
  const found = runsOf(e, axis, size, conditions);
  const period = axis === e.plan.vectorAxis ? (e.plan.lanePeriod ?? 1) : 1;
  if (found.every(({ start }) => start % period === 0)) return found;
  return runsOf(
    e,
    axis,
    size,
    conditions.filter((condition) => e.guards.includes(condition)),
  );
}

function runsOf(
  e: Emission,
  axis: number,
  size: number,
  own: readonly Condition[],
): { start: number; size: number }[] {
  if (own.length === 0) return [{ start: 0, size }];
  const found: { start: number; size: number; signature: string }[] = [];
  for (let value = 0; value < size; value++) {
    const signature = own.map((condition) => (holds(condition, axis, value) ? "1" : "0")).join("");
    const last = found.at(-1);
    if (last?.signature === signature) last.size++;
    else found.push({ start: value, size: 1, signature });
  }
  const isOff = (signature: string): boolean =>
    own.some((condition, at) => signature[at] === "0" && e.guards.includes(condition));
  return found.filter(({ signature }) => !isOff(signature));
}

function holds(condition: Condition, axis: number, value: number, other = -1, at = 0): boolean {
  let index = condition.index.offset;
  for (const term of condition.index.terms) {
    const point = term.axis === axis ? value : term.axis === other ? at : 0;
    index += "table" in term ? term.table[point]! : term.stride * point;
  }
  return index >= 0 && index < condition.size;
}

/** Separates the tiles of a group whose rows meet conditions with a reduction axis differently. */
function tellApart(e: Emission, axis: number, groups: readonly Group[]): Group[] {
  const reduced = e.nest.levels.flatMap((level) => level.axes);
  const shared = e.conditions.flatMap((condition) => {
    const others = condition.index.terms.map((term) => term.axis).filter((each) => each !== axis);
    const [other] = others;
    const fits =
      (condition.axes >> axis) & 1 &&
      other !== undefined &&
      others.every((each) => each === other) &&
      reduced.includes(other) &&
      e.plan.sizes[other]! <= MOST_COMBINATIONS;
    return fits ? [{ condition, other }] : [];
  });
  if (shared.length === 0) return [...groups];
  const signature = (start: number, size: number): string => {
    let text = "";
    for (const { condition, other } of shared)
      for (let value = start; value < start + size; value++)
        for (let at = 0; at < e.plan.sizes[other]!; at++)
          text += holds(condition, axis, value, other, at) ? "1" : "0";
    return text;
  };
  const apart = groups.flatMap((group) => separate(group, signature));
  return apart.length > MOST_GROUPS ? [...groups] : apart;
}

function separate(group: Group, signature: (start: number, size: number) => string): Group[] {
  const found: { start: number; size: number; tiles: number; signature: string }[] = [];
  for (let tile = 0; tile < group.tiles; tile++) {
    const start = group.start + tile * group.size;
    const text = signature(start, group.size);
    const last = found.at(-1);
    if (last?.signature === text) last.tiles++;
    else found.push({ start, size: group.size, tiles: 1, signature: text });
  }
  return found;
}
