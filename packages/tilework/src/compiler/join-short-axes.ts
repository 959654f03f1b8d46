import type { Nest } from "../kernel/nest.ts";
import { nestKey } from "../kernel/nest-key.ts";
import { atOnce, type InPieces } from "../util/in-pieces.ts";
import type { OriginNest } from "./lower.ts";
import { estimateCycles } from "./schedule-nest.ts";
import { joinedNests } from "./scheduling/join-axes.ts";
import { workOf } from "./scheduling/nest-work.ts";
import { laneLoads } from "./scheduling/strided-access.ts";
import type { Target } from "./target.ts";

/** What joining must leave of the cycles by the cost model: it makes code longer. */
const CLEAR_GAIN = 0.9;

/** The nests, axes joined where that fills more lanes and pays by the cost model. Bits stay what they are. */
export function joinShortAxes(nests: readonly OriginNest[], target: Target): OriginNest[] {
  return atOnce(joinInPieces(nests, target));
}

/** The same in pieces. */
export function* joinInPieces(nests: readonly OriginNest[], target: Target): InPieces<OriginNest[]> {
  const known = new Map<string, number>();
  const result: OriginNest[] = [];
  for (const { nest, origin } of nests) {
    const joined = joinedNests(nest, target.lanes).filter((each) => isNear(each, target));
    const ways = [nest, ...joined];
    const key = ways.length === 1 ? "" : nestKey(nest);
    const best = ways.length === 1 ? 0 : (known.get(key) ?? fastest(ways, target));
    known.set(key, best);
    result.push({ nest: ways[best]!, origin });
    yield;
  }
  return result;
}

/** Whether the lanes of every operand lie close enough for whole vectors. */
function isNear(nest: Nest, target: Target): boolean {
  const { loads, lateLoads, stores } = workOf(nest);
  const axis = nest.space.find((each) => stores.every(({ form }) => form.strides[each] === 1));
  if (axis === undefined) return false;
  return [...loads, ...lateLoads].every((access) => laneLoads(access, axis, target) !== undefined);
}

/** The place of the nest with the fewest cycles: the first one's unless another gains clearly. */
function fastest(nests: readonly Nest[], target: Target): number {
  const cycles = nests.map((nest) => estimateCycles(nest, target));
  const limit = cycles[0]! * CLEAR_GAIN;
  const least = Math.min(...cycles);
  return least < limit ? cycles.indexOf(least) : 0;
}
