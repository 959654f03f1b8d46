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
  /** The order of the space axes without the row axis, which comes last. */
  readonly spaceAxes: readonly number[];
  /** Level 1 axes unrolled in the tile. */
  readonly window: readonly number[];
}

const MOST_ROWS = 28;
const MOST_VECTORS = 8;
/** Statements of one step of a tile, where a point takes several: more would only be more code. */
const MOST_WRITTEN = 120;
const LATENCY = 4;
/** What a load, or a cycle of latency, costs although others hide it. */
const FRICTION = 0.06;

/** All tiles that fit the registers, the fastest first. */
export function rankTiles(space: TileSpace): Tile[] {
  const { work, target, vectorAxis } = space;
  const { nest } = work;
  const isLanes = vectorAxis !== undefined && !nest.space.includes(vectorAxis);
  const units =
    vectorAxis === undefined || isLanes ? 1 : Math.ceil(vectorSize(space, vectorAxis) / target.lanes);
  const tiles: Tile[] = [];
  for (const rowAxis of [undefined, ...rowAxes(space)]) {
    const size = rowAxis === undefined ? 1 : mergedSize(work, rowOrder(space, rowAxis), rowAxis);
    for (
      let rows = rowAxis === undefined ? 1 : 2;
      rows <= Math.min(size, rowAxis === undefined ? 1 : MOST_ROWS);
      rows++
    )
      for (let vectors = 1; vectors <= Math.min(units, MOST_VECTORS); vectors++) {
        const cycles = estimate(space, { rowAxis, rows, vectors, size, units, isLanes });
        if (cycles !== undefined)
          tiles.push({ vectorAxis, rowAxis, rows, vectors, cycles: cycles * handicap(space, rowAxis) });
      }
  }
  return tiles.sort((a, b) => a.cycles - b.cycles);
}

/** The space axes in loop order when `rowAxis` is tiled: it comes last. */
export function rowOrder({ spaceAxes }: TileSpace, rowAxis: number | undefined): number[] {
  if (rowAxis === undefined) return [...spaceAxes];
  return [...spaceAxes.filter((axis) => axis !== rowAxis), rowAxis];
}

function vectorSize({ work }: TileSpace, axis: number): number {
  const { nest } = work;
  return nest.levels.length === 0 ? mergedSize(work, nest.space, axis) : nest.axes[axis]!.size;
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

/** Among equals: rows that are near in memory, and not the images, which are shared out among threads. */
function handicap({ work }: TileSpace, rowAxis: number | undefined): number {
  if (rowAxis === undefined) return 1;
  const { space } = work.nest;
  const behind = space.length - 1 - space.indexOf(rowAxis);
  return 1 + 0.004 * behind + (rowAxis === space[0] && space.length > 2 ? 0.05 : 0);
}

interface Candidate {
  readonly rowAxis: number | undefined;
  readonly rows: number;
  readonly vectors: number;
  /** Points of the row axis, vector registers of the vector axis. */
  readonly size: number;
  readonly units: number;
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
  const others =
    pointsOf(nest, nest.space) /
    (size * (space.vectorAxis === undefined || isLanes ? 1 : vectorPoints(space)));
  const averageRows = size / rowTiles / rows;
  const averageVectors = isLanes ? 1 : units / vectorTiles / vectors;
  const partial = 0.25 + 0.75 * averageRows * averageVectors;
  return others * rowTiles * vectorTiles * (steps * outer * step * partial + end);
}

function vectorPoints(space: TileSpace): number {
  return vectorSize(space, space.vectorAxis!);
}

/** Cycles of one innermost step of a tile; undefined where it does not fit the registers. */
function stepCost(
  { work, target, vectorAxis, window }: TileSpace,
  rowAxis: number | undefined,
  rows: number,
  vectors: number,
  isLanes: boolean,
): number | undefined {
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
    loads += smooth ? count : count * target.lanes;
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
  const chain = work.nest.levels.length > 0 ? work.chain * LATENCY : 0;
  const issue = (operations + loads - memoryOperands + 3) / 5;
  return Math.max(operations / 2, loads / 2, issue, chain) + FRICTION * (loads + chain);
}

/** Cycles to start and end a tile: accumulators, the epilogue's loads, stores, addresses. */
function tileEnd({ work }: TileSpace, rows: number, vectors: number): number {
  const results = rows * vectors;
  return 20 + results * (1 + work.lateLoads.length / 2 + work.stores.length);
}
