/**
 * The register tile: `rows` neighbours along a row axis times `vectors` registers. A tile's step is bound by the
 * multiply-add units, by loads, by instructions issued or by the latency of the accumulators' chains; the tile
 * with the fewest cycles for the whole nest wins, uneven splits and the ends of tiles counted.
 */
import type { Target } from "../target.ts";
import { mergedSize, type NestWork, pointsOf } from "./nest-work.ts";
import { isSmoothAlong, type StridedAccess, variesAlong } from "./strided-access.ts";

export interface Tile {
  readonly vectorAxis: number | undefined;
  readonly rowAxis: number | undefined;
  readonly rows: number;
  readonly vectors: number;
  /** Estimated cycles of the whole nest on one core. */
  readonly cycles: number;
}

/** What the tiles of a nest have in common. */
export interface TileSpace {
  readonly work: NestWork;
  readonly target: Target;
  readonly vectorAxis: number | undefined;
  /** The order of the space axes before a row axis is chosen. */
  readonly spaceAxes: readonly number[];
  readonly isStreaming: boolean;
  /** Level 1 axes unrolled in the tile. */
  readonly window: readonly number[];
}

const MOST_ROWS = 28;
const MOST_VECTORS = 8;
/** Statements of one step of a tile, where a point takes several: more would only be more code. */
const MOST_WRITTEN = 120;
/** Statements of a reduction that is written out without loops. */
export const MOST_UNROLLED = 160;
const LATENCY = 4;
/** Bytes a cycle from the second level cache. */
const L2_BYTES = 40;
/** What a load, or a cycle of latency, costs although others hide it. */
const FRICTION = 0.06;

/** Vectors that are gathered touch a cache line a lane: the more of them, the fewer lines stay. */
const SCATTER = 0.5;

/** All tiles that fit the registers, the fastest first. */
export function rankTiles(space: TileSpace): Tile[] {
  const { work, target, vectorAxis } = space;
  const { nest } = work;
  const isLanes = vectorAxis !== undefined && !nest.space.includes(vectorAxis);
  const tiles: Tile[] = [];
  for (const rowAxis of [undefined, ...rowAxes(space)]) {
    const points = vectorAxis === undefined || isLanes ? 1 : vectorSize(space, vectorAxis, rowAxis);
    const units = Math.ceil(points / target.lanes);
    const size = rowAxis === undefined ? 1 : mergedSize(work, rowOrder(space, rowAxis), rowAxis);
    for (
      let rows = rowAxis === undefined ? 1 : 2;
      rows <= Math.min(size, rowAxis === undefined ? 1 : MOST_ROWS);
      rows++
    )
      for (let vectors = 1; vectors <= Math.min(units, MOST_VECTORS); vectors++) {
        const cycles = estimate(space, { rowAxis, rows, vectors, size, units, points, isLanes });
        if (cycles !== undefined)
          tiles.push({
            vectorAxis,
            rowAxis,
            rows,
            vectors,
            cycles: cycles * handicap(space, rowAxis, units % vectors === 0),
          });
      }
  }
  return tiles.sort((a, b) => a.cycles - b.cycles);
}

/** The space axes in loop order when `rowAxis` is tiled: it comes last, but where the order is that of memory. */
export function rowOrder({ spaceAxes, isStreaming }: TileSpace, rowAxis: number | undefined): number[] {
  if (rowAxis === undefined || isStreaming) return [...spaceAxes];
  return [...spaceAxes.filter((axis) => axis !== rowAxis), rowAxis];
}

function vectorSize(
  { work, spaceAxes, isStreaming }: TileSpace,
  axis: number,
  rowAxis: number | undefined,
): number {
  if (!isStreaming) return work.nest.axes[axis]!.size;
  const from = rowAxis === undefined ? 0 : spaceAxes.indexOf(rowAxis) + 1;
  return mergedSize(work, spaceAxes.slice(from), axis);
}

/** Statements of one step of a tile. */
export function stepStatements(
  { work, window }: TileSpace,
  { rows, vectors }: Pick<Tile, "rows" | "vectors">,
): number {
  return rows * vectors * pointsOf(work.nest, window) * (work.operations + work.loads.length / 2);
}

/** Whether the whole reduction of a tile is short enough to stand there without loops. */
export function isWrittenOut(space: TileSpace, tile: Pick<Tile, "rows" | "vectors">): boolean {
  const [level] = space.work.nest.levels;
  if (level === undefined || level.lanes) return false;
  const limit = space.target.printer === "wasm" ? MOST_UNROLLED / 2 : MOST_UNROLLED;
  return pointsOf(space.work.nest, level.axes) * stepStatements(space, tile) <= limit;
}

/** Rows pay where something is loaded once for all of them, or where more accumulators are needed. */
function rowAxes({ work, vectorAxis }: TileSpace): number[] {
  const { nest, loads } = work;
  if (nest.levels.length === 0) return [];
  return nest.space.filter(
    (axis) =>
      axis !== vectorAxis &&
      nest.axes[axis]!.size > 1 &&
      loads.every(({ form }) => form.tables.every((term) => term.axis !== axis)) &&
      nest.guards.every(({ index }) => index.terms.every((term) => !("table" in term) || term.axis !== axis)),
  );
}

/**
 * Among equals: rows that are near in memory, and not the images, which are shared out among threads; blocks of
 * vectors without a rest, so that operands can be packed in panels.
 */
function handicap({ work }: TileSpace, rowAxis: number | undefined, isWhole: boolean): number {
  const rest = isWhole ? 1 : 1.04;
  if (rowAxis === undefined) return rest;
  const { space } = work.nest;
  const behind = space.length - 1 - space.indexOf(rowAxis);
  return rest + 0.004 * behind + (rowAxis === space[0] && space.length > 2 ? 0.05 : 0);
}

interface Candidate {
  readonly rowAxis: number | undefined;
  readonly rows: number;
  readonly vectors: number;
  /** Points of the row axis, vector registers of the vector axis. */
  readonly size: number;
  readonly units: number;
  readonly points: number;
  readonly isLanes: boolean;
}

function estimate(space: TileSpace, candidate: Candidate): number | undefined {
  const { work, target } = space;
  const { nest } = work;
  const { rowAxis, size, units, isLanes } = candidate;
  const rowTiles = Math.ceil(size / candidate.rows);
  const vectorTiles = Math.ceil(units / candidate.vectors);
  const rows = Math.ceil(size / rowTiles);
  const vectors = isLanes ? 16 / target.lanes : Math.ceil(units / vectorTiles);
  if (rows !== candidate.rows || (!isLanes && vectors !== candidate.vectors)) return undefined;
  const step = stepCost(space, rowAxis, rows, vectors, isLanes);
  if (step === undefined) return undefined;
  const reduced = nest.levels[0]?.axes ?? [];
  const steps = pointsOf(nest, reduced) / (isLanes ? 16 : 1);
  const outer = pointsOf(
    nest,
    (nest.levels[1]?.axes ?? []).filter((axis) => !space.window.includes(axis)),
  );
  const end = tileEnd(space, rows, vectors);
  const others = pointsOf(nest, nest.space) / (size * candidate.points);
  const averageRows = size / rowTiles / rows;
  const averageVectors = isLanes ? 1 : units / vectorTiles / vectors;
  const partial = 0.25 + 0.75 * averageRows * averageVectors;
  return others * rowTiles * vectorTiles * (steps * outer * step * partial + end);
}

/** Cycles of one innermost step of a tile; undefined where it does not fit the registers. */
function stepCost(
  space: TileSpace,
  rowAxis: number | undefined,
  rows: number,
  vectors: number,
  isLanes: boolean,
): number | undefined {
  const { work, target, vectorAxis, window } = space;
  const points = rows * pointsOf(work.nest, window);
  const copies = (access: StridedAccess): number =>
    (rowAxis !== undefined && variesAlong(access, rowAxis) ? rows : 1) *
    pointsOf(
      work.nest,
      window.filter((axis) => variesAlong(access, axis)),
    );
  let loads = 0;
  let held = 0;
  let splats = 0;
  for (const access of work.loads) {
    const isVector = vectorAxis !== undefined && variesAlong(access, vectorAxis);
    const count = copies(access) * (isVector ? vectors : 1);
    const smooth = vectorAxis === undefined || isSmoothAlong(access, vectorAxis);
    loads += smooth ? count : count * target.lanes * (1 + SCATTER * vectors);
    if (!isVector) splats += count;
    if (isVector && copies(access) === 1) held += vectors;
  }
  const accumulators = points * vectors * Math.max(1, work.slots);
  const memoryOperands = target.broadcastOperand && vectors === 1 ? splats : 0;
  const passing = target.printer === "wasm" ? loads - held : 1;
  const isTrivial = work.operations <= 1 && work.nest.levels.length > 0;
  const temporaries = isTrivial ? 0 : 2;
  const isSmallest = rows === 1 && (vectors === 1 || isLanes);
  const isReduction = work.nest.levels.length > 0;
  if (!isSmallest && isReduction && accumulators + held + passing + temporaries > target.registers)
    return undefined;
  const written = (isLanes ? 2 : 1) * points * vectors * work.operations;
  if (!isSmallest && work.operations > 1 && written > MOST_WRITTEN) return undefined;
  const operations = points * vectors * work.operations;
  const overlap = isWrittenOut(space, { rows, vectors }) ? 0.25 : 1;
  const chain = work.nest.levels.length > 0 ? work.chain * LATENCY * overlap : 0;
  const issue = (operations + loads - memoryOperands + 3) / 5;
  const streamed = (loads - splats) * target.lanes * 4;
  const isLong = pointsOf(work.nest, work.nest.levels[0]?.axes ?? []) * streamed > target.l1;
  const traffic = isLong ? streamed / L2_BYTES : 0;
  const friction = FRICTION * (loads - splats / 3 + chain);
  return Math.max(operations / 2, loads / 2, issue, chain, traffic) + friction;
}

/** Cycles to start and end a tile: accumulators, the epilogue's loads, stores, addresses. */
function tileEnd({ work }: TileSpace, rows: number, vectors: number): number {
  const results = rows * vectors;
  return 20 + results * (1 + work.lateLoads.length / 2 + work.stores.length);
}
