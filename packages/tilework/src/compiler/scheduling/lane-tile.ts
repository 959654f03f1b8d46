/**
 * Tiles over two axes for sums of products whose terms run in lanes: each row of one operand meets each of the other,
 * so that 4 x 5 results take 9 loads for 20 multiply-adds.
 */
import type { Schedule } from "../schedule.ts";
import type { Target } from "../target.ts";
import { pointsOf } from "./nest-work.ts";
import type { TileSpace } from "./step-cost.ts";
import { isSmoothAlong, laneLoads, type StridedAccess, variesAlong } from "./strided-access.ts";

export interface LaneTile {
  readonly rows: Schedule["rows"];
  /** Estimated cycles of the whole nest on one core. */
  readonly cycles: number;
}

const LANES = 16;
/** Rows of an operand: each is a stream of its own. */
const MOST_ROWS = 8;
/** Registers for an operand on its way. */
const PASSING = 1;
/** Cycles to permute two vectors, which the units do that multiply; the part of that to insert a lane. */
const PERMUTATION = 1.6;
const INSERTING = 0.35;
const LATENCY = 4;
/** Cycles of a result: its lanes are combined, it is stored. */
const RESULT = 4;
/** The handicap of tiles that come in two sizes: they are more code. */
const UNEVEN = 0.03;
/** Cycles to start a tile. */
const STARTING = 20;

/** Undefined where the nest is none of that kind. */
export function laneTile(space: TileSpace): LaneTile | undefined {
  const { work, vectorAxis } = space;
  const { nest, loads } = work;
  const [level, ...outer] = nest.levels;
  if (level === undefined || outer.length > 0 || !level.lanes) return undefined;
  if (level.axes.at(-1) !== vectorAxis || work.operations > 1 || loads.length !== 2) return undefined;
  const axes = nest.space.filter((axis) => nest.axes[axis]!.size > 1);
  const [first, second] = loads as [StridedAccess, StridedAccess];
  const own = (access: StridedAccess, other: StridedAccess): number | undefined =>
    axes.findLast((axis) => variesAlong(access, axis) && !variesAlong(other, axis));
  const [x, y] = [own(first, second), own(second, first)];
  const sizes = [x, y].map((axis) => (axis === undefined ? 1 : nest.axes[axis]!.size));
  let best: LaneTile | undefined;
  for (const m of countsOf(sizes[0]!))
    for (const n of countsOf(sizes[1]!)) {
      const cycles = cyclesOf(space, sizes, [m, n]);
      if (cycles === undefined || (best !== undefined && cycles >= best.cycles)) continue;
      const counts = new Map([
        [x, m],
        [y, n],
      ]);
      const rows = axes.flatMap((axis) => (counts.has(axis) ? [{ axis, count: counts.get(axis)! }] : []));
      best = { rows, cycles };
    }
  return best;
}

/** Two numbers, of the first operand's rows and of the second one's. */
type Pair = readonly number[];

function cyclesOf(space: TileSpace, sizes: Pair, counts: Pair): number | undefined {
  const { work, target, vectorAxis } = space;
  const { nest, loads } = work;
  const vectors = LANES / target.lanes;
  if (registersOf(target, counts) > target.registers) return undefined;
  const tiles = counts.map((count, at) => Math.ceil(sizes[at]! / count));
  const [m, n] = sizes.map((size, at) => size / tiles[at]!) as [number, number];
  const parts = loads.map((access) => partsOf(access, vectorAxis!, target));
  const loaded = vectors * (m * parts[0]!.loads + n * parts[1]!.loads);
  const permuted = vectors * (m * parts[0]!.permutations + n * parts[1]!.permutations);
  const level = nest.levels[0]!;
  const steps = pointsOf(nest, level.axes.slice(0, -1)) * Math.ceil(nest.axes[vectorAxis!]!.size / LANES);
  const walks = target.printer === "wasm" && m * n > 1 ? vectors : 1;
  const computing = (m * n * vectors) / target.multiplyAdds + PERMUTATION * permuted;
  const step = Math.max(computing, loaded / 2, walks * LATENCY);
  const others = pointsOf(nest, nest.space) / (sizes[0]! * sizes[1]!);
  const kinds = sizes.filter((size, at) => size % counts[at]! !== 0).length;
  return others * tiles[0]! * tiles[1]! * (steps * step + m * n * RESULT + STARTING) * (1 + UNEVEN * kinds);
}

/** What a vector is made of: whole vectors that are permuted, or lanes that are inserted one by one. */
function partsOf(
  access: StridedAccess,
  axis: number,
  target: Target,
): { readonly loads: number; readonly permutations: number } {
  if (isSmoothAlong(access, axis)) return { loads: 1, permutations: 0 };
  const near = laneLoads(access, axis, target);
  return near === undefined
    ? { loads: target.lanes, permutations: INSERTING * target.lanes }
    : { loads: near, permutations: near - 1 };
}

/** Wasm engines load all operands of a step before they use one; there, each of the vectors has its own walk. */
function registersOf({ printer, lanes }: Target, [m, n]: Pair): number {
  if (printer === "wasm") return m! * n! + m! + n!;
  return (m! * n! * LANES) / lanes + Math.min(m!, n!) + PASSING;
}

/** Rows of tiles that are as even as may be. */
function countsOf(size: number): number[] {
  const counts = Array.from({ length: MOST_ROWS }, (_, at) => Math.ceil(size / Math.ceil(size / (at + 1))));
  return [...new Set(counts)].filter((count) => count <= MOST_ROWS);
}
