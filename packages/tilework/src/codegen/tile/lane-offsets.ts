/** What is known of each lane while code is emitted: where its element lies, whether it takes part. */
import type { Index } from "../../kernel/index-expression.ts";
import type { Condition } from "./condition.ts";
import type { Emission, Point } from "./emission.ts";
import { indexRange } from "./interval.ts";
import type { AddressClass } from "./value-graph.ts";

/** Bytes from the tile's first element to that of each lane of a vector register; undefined where tables are looked up. */
export function laneOffsets(
  e: Emission,
  { strides, tables, pattern }: AddressClass,
  lane: number,
): number[] | undefined {
  const { vectorAxis } = e.plan;
  const stride = vectorAxis === undefined ? 0 : strides[vectorAxis]!;
  if (pattern === undefined && tables.some(({ axis }) => axis === vectorAxis)) return undefined;
  return Array.from({ length: e.lanes }, (_, at) => {
    const element = lane * e.lanes + at;
    return stride * element + (pattern?.table[element] ?? 0);
  });
}

/** Whether the conditions hold in each active lane of a register; undefined unless that is certain everywhere. */
export function lanesWhere(
  e: Emission,
  conditions: readonly Condition[],
  point: Point,
  lane: number,
): boolean[] | undefined {
  const active = e.actives[lane] ?? e.lanes;
  const holds: boolean[] = [];
  for (let at = 0; at < active; at++) {
    const element = lane * e.lanes + at;
    let all = true;
    for (const condition of conditions) {
      const known = decideAt(e, condition, point, element);
      if (known === undefined) return undefined;
      all &&= known;
    }
    holds.push(all);
  }
  return holds;
}

/** A condition at one element of the tile, in all tiles that the code stands for. */
function decideAt(e: Emission, condition: Condition, point: Point, element: number): boolean | undefined {
  if (e.assumed.has(condition)) return true;
  const { vectorAxis } = e.plan;
  const isLane = (term: Index["terms"][number]): boolean => term.axis === vectorAxis;
  const { index, size } = condition;
  const others = { offset: index.offset, terms: index.terms.filter((term) => !isLane(term)) };
  const rest = indexRange(e, others, point);
  const starts = tileStarts(e);
  if (starts === undefined) return undefined;
  const values = starts.map((start) =>
    index.terms
      .filter(isLane)
      .reduce(
        (sum, term) =>
          sum + ("table" in term ? (term.table[start + element] ?? 0) : term.stride * (start + element)),
        0,
      ),
  );
  if (values.every((value) => value + rest.min >= 0 && value + rest.max < size)) return true;
  if (values.every((value) => value + rest.max < 0 || value + rest.min >= size)) return false;
  return undefined;
}

const MOST_TILES = 64;

/** The points at which the tiles of the innermost frame of the vector axis start; undefined where there are many. */
function tileStarts(e: Emission): number[] | undefined {
  const at = e.plan.vectorAxis === undefined ? -1 : e.frameOf(e.plan.vectorAxis);
  if (at < 0) return [0];
  const { low, high, step } = e.frames[at]!;
  if ((high - low) / step >= MOST_TILES) return undefined;
  const starts: number[] = [];
  for (let start = low; start <= high; start += step) starts.push(start);
  return starts;
}
