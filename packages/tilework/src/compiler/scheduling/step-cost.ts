/** The cost of one innermost step of a register tile: a machine of two multiply-adds and two loads a cycle. */
import type { Target } from "../target.ts";
import { LEAP_RUN } from "./loop-order.ts";
import { type NestWork, pointsOf } from "./nest-work.ts";
import type { PartialResults } from "./partial-results.ts";
import { placesOf, sharedSteps } from "./shared-loads.ts";
import { skewedLoads } from "./skewed-loads.ts";
import { isSmoothAlong, laneLoads, type StridedAccess, variesAlong } from "./strided-access.ts";

/** What the tiles of a nest have in common. */
export interface TileSpace {
  readonly work: NestWork;
  readonly target: Target;
  readonly vectorAxis: number | undefined;
  /** Tiles along the vector axis start at multiples of it (see lane-period.ts). */
  readonly lanePeriod: number;
  /** The order of the space axes before a row axis is chosen. */
  readonly spaceAxes: readonly number[];
  readonly isStreaming: boolean;
  /** The blocks of vectors come last, after the row axis. */
  readonly vectorsLast: boolean;
  /** Bytes in a row that a tile should read where that is what counts, else 0. */
  readonly longRun: number;
  /** Level 1 axes unrolled in the tile. */
  readonly window: readonly number[];
  readonly partials: PartialResults;
}

interface TileSize {
  readonly rowAxis: number | undefined;
  readonly rows: number;
  readonly vectors: number;
}

export interface TileShape extends TileSize {
  /** The vectors are the 16 virtual lanes of a reduction. */
  readonly isLanes: boolean;
}

/** Statements of one step of a tile, where a point takes several: more would only be more code. */
const MOST_WRITTEN = 120;
/** Statements of a tile's epilogue. */
const MOST_LATE = 200;
/** Statements of a reduction that is written out without loops. */
const MOST_UNROLLED = 160;
/** Iterations and statements of an innermost loop that is written out inside another one. */
const MOST_ITERATIONS = 16;
const LONGEST_LOOP = 240;
const LATENCY = 4;
/** Cycles to leave a short loop of several operations whose length the processor does not foresee. */
const LEAVING = 15;
/** The part of a chain's latency that shows where independent tiles overlap. */
const OVERLAPPED = 0.15;
/** Bytes a cycle from the second level cache. */
const L2_BYTES = 40;
/** Cycles for each part of a cache line that a load leaves for later, when it may have gone. */
const LINE_REST = 0.25;
/** What a load, or a cycle of latency, costs although others hide it. */
const FRICTION = 0.06;
/** Vectors that are gathered touch a cache line a lane: the more of them, the fewer lines stay. */
const SCATTER = 0.5;
/** Cycles of a permutation of lanes, which one unit does. */
const PERMUTATION = { x64: 1, wasm: 2 } as const;

/** Statements of one step of a tile. */
export function stepStatements({ work, partials }: TileSpace, { rowAxis, rows, vectors }: TileSize): number {
  return partials.count(rowAxis, rows) * vectors * (work.operations + work.loads.length / 2);
}

/** Whether the whole reduction of a tile is short enough to stand there without loops. */
export function isWrittenOut(space: TileSpace, tile: TileSize): boolean {
  const [level] = space.work.nest.levels;
  if (level === undefined || level.lanes) return false;
  const limit = space.target.printer === "wasm" ? MOST_UNROLLED / 2 : MOST_UNROLLED;
  return pointsOf(space.work.nest, level.axes) * stepStatements(space, tile) <= limit;
}

/** Whether the innermost of several loops, of so many iterations, is written out. */
export function isUnrolled(space: TileSpace, tile: TileSize, iterations: number): boolean {
  return (
    space.target.printer === "x64" &&
    iterations <= MOST_ITERATIONS &&
    iterations * stepStatements(space, tile) <= LONGEST_LOOP
  );
}

interface Traffic {
  /** Loads of a step, gathered elements counted one by one. */
  readonly loads: number;
  /** Permutations that bring loaded lanes into their places. */
  readonly shuffles: number;
  /** Those of one element into all lanes. */
  readonly splats: number;
  /** Loads of bytes, which are widened. */
  readonly widened: number;
  /** Vector registers that all rows share. */
  readonly held: number;
  /** Those with vectors that the innermost loop's iterations, written out, permute one after the other. */
  readonly waiting: number;
}

function trafficOf(space: TileSpace, shape: TileShape): Traffic {
  const { work, target, vectorAxis, partials } = space;
  const { rowAxis, rows, vectors } = shape;
  const shared = sharedSteps(space, shape);
  const last = work.nest.levels[0]?.axes.at(-1);
  const written = writtenSteps(space, shape);
  let [loads, shuffles, splats, widened, held, waiting] = [0, 0, 0, 0, 0, 0];
  for (const access of work.loads) {
    const isVector = vectorAxis !== undefined && variesAlong(access, vectorAxis);
    const copies =
      shared > 1 && rowAxis !== undefined && variesAlong(access, rowAxis)
        ? placesOf(access, rowAxis, rows, last!, shared) / shared
        : partials.copies(access, rowAxis, rows);
    const count = copies * (isVector ? vectors : 1);
    const isSmooth = vectorAxis === undefined || isSmoothAlong(access, vectorAxis);
    const near = isSmooth ? undefined : laneLoads(access, vectorAxis, target);
    const apart = near ?? target.lanes * (1 + SCATTER * vectors);
    const sharing = near !== undefined && rowsShareVectors(access, shape, target) ? rows : 1;
    loads += (count * (isSmooth ? 1 : apart)) / sharing;
    if (near !== undefined && permutesAgain(access, last, written, target))
      waiting += count * near - (copies === 1 ? vectors : 0);
    if (near !== undefined) shuffles += count * Math.max(1, near - 1) * PERMUTATION[target.printer];
    if (isVector && ["uint8", "bool"].includes(work.nest.buffers[access.buffer]!.dtype)) widened += count;
    if (!isVector) splats += count;
    else if (copies === 1) held += vectors;
  }
  return { loads, shuffles, splats, widened, held, waiting };
}

/** Iterations of the innermost reduction loop where they are written out, else 1. */
function writtenSteps(space: TileSpace, shape: TileShape): number {
  const { nest } = space.work;
  const last = nest.levels[0]?.axes.at(-1);
  if (last === undefined || shape.isLanes) return 1;
  const { size } = nest.axes[last]!;
  return isUnrolled(space, shape, size) ? size : 1;
}

/** Whether so many steps along an axis find their elements in the same vectors. */
function permutesAgain(
  { form }: StridedAccess,
  axis: number | undefined,
  steps: number,
  { lanes }: Target,
): boolean {
  if (axis === undefined || steps === 1 || form.tables.some((term) => term.axis === axis)) return false;
  const stride = Math.abs(form.strides[axis]!);
  return stride > 0 && stride * steps <= lanes;
}

/** Whether the elements of all rows lie so near that the same vectors, permuted, serve them. */
function rowsShareVectors({ form }: StridedAccess, { rowAxis, rows }: TileShape, { lanes }: Target): boolean {
  if (rowAxis === undefined || form.tables.some((term) => term.axis === rowAxis)) return false;
  const stride = Math.abs(form.strides[rowAxis]!);
  return stride > 0 && stride * rows < lanes;
}

/**
 * Registers of a step's operands. Row by row, the vectors that all rows share stay; where there are fewer rows than
 * vectors, each row's element stays instead (see codegen/tile/emit-level.ts). Wasm engines load all operands of a step
 * before they use one.
 */
function operandRegisters(space: TileSpace, { rows, vectors }: TileShape, traffic: Traffic): number {
  const { loads, held, splats, waiting } = traffic;
  if (space.target.printer === "wasm") return loads;
  if (splats === 0 || rows === 1 || rows >= vectors || isMasked(space)) return held + waiting + 1;
  return waiting + Math.min(held + 1, splats + Math.max(1, held / vectors));
}

/** Whether lanes of a vector may take part or not, each by itself. */
function isMasked({ work, vectorAxis }: TileSpace): boolean {
  return work.nest.guards.some(({ index }) => index.terms.some(({ axis }) => axis === vectorAxis));
}

/** Whether the tile's registers suffice. */
function fits(space: TileSpace, shape: TileShape, traffic: Traffic): boolean {
  const { work, target, partials } = space;
  const { rowAxis, rows, vectors, isLanes } = shape;
  if (rows === 1 && (vectors === 1 || isLanes)) return true;
  const points = partials.count(rowAxis, rows) * vectors;
  const isReduction = work.nest.levels.length > 0;
  const temporaries = work.operations <= 1 ? 0 : 2;
  const fixed = work.fixedLoads.length * rows * vectors;
  const kept = fixed + keptLoads(space, shape);
  const operands = operandRegisters(space, shape, traffic);
  const registers = points * Math.max(1, work.slots) + kept + operands + temporaries;
  const written = (isLanes ? 2 : 1) * points * work.operations;
  if (rows * vectors * work.lateOperations > MOST_LATE) return false;
  return (!isReduction || registers <= target.registers) && (work.operations <= 1 || written <= MOST_WRITTEN);
}

/** Registers with what rows share along the innermost reduction axis, and with its taps' positions. */
function keptLoads({ work, target }: TileSpace, { rowAxis, vectors }: TileSize): number {
  const skewed = skewedLoads(work, target, rowAxis);
  return skewed === undefined ? 0 : work.loads.length * vectors + skewed.taps;
}

/** Of a step's vector loads, those that no other row of the tile has done already. */
function loadedPart(space: TileSpace, { rowAxis, rows, vectors }: TileSize): number {
  const skewed = skewedLoads(space.work, space.target, rowAxis);
  if (skewed === undefined) return 1;
  const { step, taps } = skewed;
  const tile = { rowAxis, rows, vectors };
  const isWritten = isWrittenOut(space, tile) || isUnrolled(space, tile, taps);
  return isWritten ? (step * (rows - 1) + taps) / (rows * taps) : 1;
}

/** Cycles of one innermost step of a tile; undefined where it does not fit the registers. */
export function stepCost(space: TileSpace, shape: TileShape): number | undefined {
  const { work, target, partials } = space;
  const { rowAxis, rows, vectors, isLanes } = shape;
  const traffic = trafficOf(space, shape);
  if (!fits(space, shape, traffic)) return undefined;
  const { shuffles, splats, widened } = traffic;
  const loads = splats + (traffic.loads - splats + widened) * loadedPart(space, shape);
  const isReduction = work.nest.levels.length > 0;
  const steps = pointsOf(work.nest, work.nest.levels[0]?.axes ?? []);
  const isStraight = isWrittenOut(space, shape);
  const first = isStraight && work.chain > 1 ? 1 / steps : 0;
  const operations = partials.count(rowAxis, rows) * vectors * work.operations * (1 - first);
  const chain = isReduction ? work.chain * LATENCY * (isStraight ? OVERLAPPED : 1) : 0;
  const memoryOperands = target.broadcastOperand && vectors === 1 ? splats : 0;
  const issue = (operations + loads + shuffles - memoryOperands + 3) / 5;
  const bytes = (loads - splats) * target.lanes * 4;
  const streaming = steps * bytes > target.l1 || space.longRun === LEAP_RUN ? bytes / L2_BYTES : 0;
  const width = (isLanes ? 16 : vectors * target.lanes) * 4;
  const waste = LINE_REST * (loads - splats) * Math.max(0, 64 / width - 1);
  const friction = FRICTION * (loads - splats / 3 + chain);
  const units = Math.max(operations / 2, shuffles, (operations + 2 * shuffles) / 3);
  return Math.max(units, loads / 2, issue, chain, streaming) + friction + waste;
}

/** Cycles to start and end a tile: accumulators, an outer level in registers, the epilogue's loads, stores, addresses. */
export function tileEnd(space: TileSpace, tile: TileSize): number {
  const { work, target, window } = space;
  const { rows, vectors } = tile;
  const folds = window.length === 0 ? 0 : pointsOf(work.nest, window) * work.outerOperations;
  const epilogue = (work.lateLoads.length + work.lateOperations + folds) / 2;
  const leaving = work.chain > 1 && !isWrittenOut(space, tile) ? LEAVING : 0;
  const scattered = work.stores.filter((store) => isScattered(space, store)).length;
  const stores = work.stores.length + scattered * (target.lanes - 1);
  return 20 + leaving + rows * vectors * (1 + epilogue + stores);
}

/** Whether a vector is stored lane by lane. */
function isScattered({ vectorAxis }: TileSpace, { form }: StridedAccess): boolean {
  if (vectorAxis === undefined) return false;
  return Math.abs(form.strides[vectorAxis]!) > 1 || form.tables.some((term) => term.axis === vectorAxis);
}
