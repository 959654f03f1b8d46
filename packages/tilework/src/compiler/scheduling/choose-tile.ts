/**
 * The register tile: `rows` neighbours along a row axis times `vectors` registers. A tile's step is bound by the
 * multiply-add units, by loads, by instructions issued or by the latency of the accumulators' chains; the tile
 * with the fewest cycles for the whole nest wins, uneven splits and the ends of tiles counted.
 */
import { bytesOf } from "../plan-memory.ts";
import { borderLoss } from "./border-rows.ts";
import { laneQuantum } from "./lane-period.ts";
import { mergedSize, pointsOf } from "./nest-work.ts";
import { stepCost, type TileSpace, tileEnd } from "./step-cost.ts";
import { variesAlong } from "./strided-access.ts";
import { transposingTile } from "./transposing-tile.ts";

export interface Tile {
  readonly vectorAxis: number | undefined;
  readonly rowAxis: number | undefined;
  readonly rows: number;
  readonly vectors: number;
  /** Estimated cycles of the whole nest on one core. */
  readonly cycles: number;
}

const MOST_ROWS = 28;
/** Rows of a reduction along memory: each is a stream of its own. */
const MOST_LANE_ROWS = 6;
const MOST_VECTORS = 8;
const CACHE_WAYS = 8;
/** Registers of a tile of an elementwise nest: more would only be more code. */
const MOST_STORED = 32;
/** The handicap of tiles that leap through memory. */
const LEAP = 1;
/** The handicap of tiles of fewer rows than vectors. */
const FEW_ROWS = 0.02;
/** The handicap of gathered elements that push each other out of the cache. */
const CROWDED = 0.5;
const LINE = 64;
/** Images from which on the first axis is taken for a batch that stages slice. */
const LONG_BATCH = 8;

/** Where no tile of whole periods of the lanes fits the registers. */
const SMALLEST = { rowAxis: undefined, rows: 1, vectors: 1, cycles: Number.POSITIVE_INFINITY } as const;

/** All tiles that fit the registers, the fastest first. */
export function rankTiles(space: TileSpace): Tile[] {
  const { work, target, vectorAxis } = space;
  const { nest } = work;
  const turning = transposingTile(space);
  if (turning !== undefined) return [turning];
  const isLanes = vectorAxis !== undefined && !nest.space.includes(vectorAxis);
  const tiles: Tile[] = [];
  for (const rowAxis of [undefined, ...rowAxes(space)]) {
    const points = vectorAxis === undefined || isLanes ? 1 : vectorSize(space, vectorAxis, rowAxis);
    const units = Math.ceil(points / target.lanes);
    const size =
      rowAxis === undefined
        ? 1
        : mergedSize(work, withinSlices(space, rowOrder(space, rowAxis), rowAxis), rowAxis);
    for (
      let rows = rowAxis === undefined ? 1 : 2;
      rows <= Math.min(size, rowAxis === undefined ? 1 : isLanes ? MOST_LANE_ROWS : MOST_ROWS);
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
            cycles:
              cycles *
              (handicap(space, { rowAxis, rows, vectors }, units) +
                crowding(space, rowAxis, rows) +
                leaping(space, rowAxis, vectors, units)),
          });
      }
  }
  if (tiles.length === 0) return [{ ...SMALLEST, vectorAxis }];
  return tiles.sort((a, b) => a.cycles - b.cycles);
}

/** Without a long outermost axis: a tile that reached over its end would tie slices of the batch together. */
function withinSlices({ work }: TileSpace, order: readonly number[], rowAxis: number): readonly number[] {
  const [first] = order;
  return first === rowAxis || work.nest.axes[first!]!.size < LONG_BATCH ? order : order.slice(1);
}

/** The space axes in loop order when `rowAxis` is tiled: it comes last, or just before the vectors; where memory's order counts, that stays. */
export function rowOrder(
  { spaceAxes, isStreaming, vectorsLast }: TileSpace,
  rowAxis: number | undefined,
): number[] {
  if (rowAxis === undefined || isStreaming) return [...spaceAxes];
  const others = spaceAxes.filter((axis) => axis !== rowAxis);
  return vectorsLast ? [...others.slice(0, -1), rowAxis, ...others.slice(-1)] : [...others, rowAxis];
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

/**
 * Rows pay where something is loaded once for all of them, or where more accumulators are needed. The images, which
 * are shared out among threads, are rows only where no other axis shares vectors: a matrix product's rows, and not
 * its blocks of columns.
 */
function rowAxes({ work, vectorAxis, isStreaming }: TileSpace): number[] {
  const { nest, loads } = work;
  const found = nest.space.filter(
    (axis) =>
      axis !== vectorAxis &&
      nest.axes[axis]!.size > 1 &&
      loads.every(({ form }) => form.tables.every((term) => term.axis !== axis)) &&
      nest.guards.every(({ index }) => index.terms.every((term) => !("table" in term) || term.axis !== axis)),
  );
  const vectors = loads.filter((access) => vectorAxis === undefined || variesAlong(access, vectorAxis));
  const others = found.filter((axis) => axis !== nest.space[0]);
  if (nest.levels.length === 0)
    return others.filter((axis) => vectors.some((access) => !variesAlong(access, axis)));
  const mayTileImages =
    !isStreaming && others.every((axis) => vectors.every((access) => variesAlong(access, axis)));
  return mayTileImages ? found : others;
}

/**
 * Among equals: long runs where memory is only streamed; rows that are near in memory; many rows for each vector;
 * blocks of vectors without a rest, so that operands can be packed in panels.
 */
function handicap(
  space: TileSpace,
  { rowAxis, rows, vectors }: Pick<Tile, "rowAxis" | "rows" | "vectors">,
  units: number,
): number {
  const { work, target, isStreaming, longRun } = space;
  const wide = Math.min(longRun / (4 * target.lanes), units);
  const narrow = longRun > 0 ? 1 - Math.min(1, vectors / wide) : 0;
  const rest =
    (isWide(space, { rowAxis, rows, vectors }) ? FEW_ROWS : 0) +
    (units % vectors === 0 ? 1 : isStreamed(space, vectors) ? 1.2 : 1.04) +
    (isStreaming ? 0.25 : 0.5) * narrow;
  const crowded = isCrowded(space, vectors) ? CROWDED : 0;
  if (rowAxis === undefined) return rest + crowded;
  const axes = work.nest.space;
  const behind = axes.length - 1 - axes.indexOf(rowAxis);
  return rest + crowded + 0.004 * behind;
}

/** Whether each vector serves few rows, which stay in registers in its place: then more vectors come from the caches. */
function isWide(
  { work, target, vectorAxis }: TileSpace,
  { rowAxis, rows, vectors }: Pick<Tile, "rowAxis" | "rows" | "vectors">,
): boolean {
  if (target.printer !== "x64" || work.nest.levels.length === 0) return false;
  if (vectorAxis === undefined || rowAxis === undefined || rows >= vectors) return false;
  return work.loads.some((access) => variesAlong(access, vectorAxis) && !variesAlong(access, rowAxis));
}

/** Whether elements that an elementwise nest gathers leap so far that their lines do not stay in the first cache together. */
function isCrowded({ work, target, vectorAxis }: TileSpace, vectors: number): boolean {
  if (vectorAxis === undefined || work.nest.levels.length > 0) return false;
  const elements = Math.min(vectors * target.lanes, work.nest.axes[vectorAxis]!.size);
  const lines = target.l1 / LINE;
  return work.loads.some(({ form }) => {
    const leap = Math.abs(4 * form.strides[vectorAxis]!) / LINE;
    return leap > 1 && Number.isInteger(leap) && elements > Math.max(CACHE_WAYS, lines / powerIn(leap));
  });
}

/** The largest power of two that divides the number. */
function powerIn(value: number): number {
  return value & -value;
}

/** Whether an operand along the vectors is too long for the first cache: then it must not be spread over memory. */
function isStreamed({ work, target, vectorAxis }: TileSpace, vectors: number): boolean {
  if (vectorAxis === undefined) return false;
  const axes = work.nest.levels[0]?.axes ?? [];
  return work.loads.some((access) => {
    const moved = axes.filter((axis) => variesAlong(access, axis));
    return (
      variesAlong(access, vectorAxis) &&
      pointsOf(work.nest, moved) * vectors * target.lanes * 4 > 2 * target.l1
    );
  });
}

/**
 * Rows that share their results are rows of images: more of them than a cache has ways may stand in one place of it,
 * and share little more.
 */
function crowding({ work, window, partials }: TileSpace, rowAxis: number | undefined, rows: number): number {
  const isShared = partials.count(rowAxis, rows) < rows * pointsOf(work.nest, window);
  return isShared ? 0.03 * Math.max(0, rows - CACHE_WAYS) : 0;
}

/**
 * What an elementwise nest only streams is best read in its order: rows of a part of the vectors leap through it, and
 * beyond the second level cache nothing is fetched ahead of them.
 */
function leaping(
  { work: { nest }, target, isStreaming }: TileSpace,
  rowAxis: number | undefined,
  vectors: number,
  units: number,
): number {
  const mayLeap = isStreaming && nest.levels.length === 0 && rowAxis !== undefined && vectors < units;
  if (!mayLeap) return 0;
  return nest.buffers.reduce((sum, buffer) => sum + bytesOf(buffer), 0) > target.l2 ? LEAP : 0;
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
  const quantum = vectorTiles === 1 ? 1 : laneQuantum(space.lanePeriod, target.lanes);
  const rows = Math.ceil(size / rowTiles);
  const vectors = isLanes ? 16 / target.lanes : quantum * Math.ceil(units / quantum / vectorTiles);
  if (rows !== candidate.rows || (!isLanes && vectors !== candidate.vectors)) return undefined;
  if (nest.levels.length === 0 && rows > 1 && rows * vectors > MOST_STORED) return undefined;
  if (stepCost(space, { rowAxis, rows, vectors, isLanes }) === undefined) return undefined;
  const outer = (nest.levels[1]?.axes ?? []).filter((axis) => !space.window.includes(axis));
  const steps = pointsOf(nest, [...(nest.levels[0]?.axes ?? []), ...outer]) / (isLanes ? 16 : 1);
  const end = tileEnd(space, { rowAxis, rows, vectors });
  const others = pointsOf(nest, nest.space) / (size * candidate.points);
  const rowSplit = evenSplit(size, rowTiles);
  let cycles = 0;
  for (const [ownVectors, vectorCount] of isLanes
    ? [[vectors, 1] as const]
    : evenSplit(Math.ceil(units / quantum), vectorTiles)) {
    const width = isLanes ? ownVectors : ownVectors * quantum;
    const step = (own: number): number =>
      stepCost(space, { rowAxis, rows: own, vectors: width, isLanes }) ?? 0;
    const loss =
      rowAxis === undefined || nest.axes[rowAxis]!.size !== size
        ? 1
        : borderLoss(work, rowAxis, rowSplit, step);
    for (const [ownRows, rowCount] of rowSplit)
      cycles += rowCount * vectorCount * (steps * loss * step(ownRows) + end);
  }
  return others * cycles;
}

/** `size` split evenly in `tiles`: the sizes that occur, with how often. */
function evenSplit(size: number, tiles: number): [size: number, count: number][] {
  const small = Math.floor(size / tiles);
  const large = size - small * tiles;
  const split: [number, number][] = [
    [small + 1, large],
    [small, tiles - large],
  ];
  return split.filter(([, count]) => count > 0);
}
