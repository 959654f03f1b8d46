/**
 * Steps of a reduction that are written out in a row because they read the same elements: neighbouring taps at
 * neighbouring pixels. Each element is then loaded once for all of them.
 */
import { LEAP_RUN } from "./loop-order.ts";
import { mergedSize } from "./nest-work.ts";
import type { TileShape, TileSpace } from "./step-cost.ts";
import { isNearAlong, isSmoothAlong, type StridedAccess, variesAlong } from "./strided-access.ts";

/** So many taps are written out in full, of longer axes a few steps. */
const MOST_TAPS = 5;
const FEW_STEPS = 4;
/** Registers for elements on their way, besides what is permuted for all rows. */
const PASSING = 2;

/** Bytes. */
const SHORTEST_RUN = 256;
const LONG_LEAP = 1024;
const PAGE = 4096;

/** How many steps of the innermost loop share loads; 1 where they would not, or where registers do not suffice. */
export function sharedSteps(space: TileSpace, shape: TileShape): number {
  const { work, target, vectorAxis, window } = space;
  const { rowAxis, rows, vectors, isLanes } = shape;
  const last = work.nest.levels[0]?.axes.at(-1);
  if (target.printer !== "x64" || isLanes || window.length > 0 || work.operations > 1) return 1;
  if (last === undefined || rowAxis === undefined || vectorAxis === undefined) return 1;
  const { size } = work.nest.axes[last]!;
  const steps = size <= MOST_TAPS ? size : FEW_STEPS;
  const isShared = work.loads.some(
    (access) =>
      [vectorAxis, rowAxis, last].every((axis) => variesAlong(access, axis)) &&
      isNearAlong(access, vectorAxis, target) &&
      placesOf(access, rowAxis, rows, last, steps) < rows * steps,
  );
  if (!isShared || !hasRuns(space, vectors, last)) return 1;
  if (mergedSize(work, work.nest.levels[0]!.axes, last) !== size) return 1;
  const waiting = work.loads.filter((access) => !variesAlong(access, rowAxis)).length * vectors * steps;
  const permuted = work.loads.filter((access) => !isSmoothAlong(access, vectorAxis)).length;
  return rows * vectors + waiting + PASSING + permuted * rows * vectors <= target.registers ? steps : 1;
}

/**
 * Whether a tile reads runs long enough: longer ones count more than loads that are saved where each step leaps to
 * another page, or far and no near cache holds the lines for other tiles.
 */
function hasRuns({ work, target, vectorAxis, longRun }: TileSpace, vectors: number, last: number): boolean {
  const columns = work.nest.axes[vectorAxis!]!.size;
  const run = Math.min(columns, vectors * target.lanes);
  const leap = Math.max(...work.loads.map(({ form }) => 4 * Math.abs(form.strides[last]!)));
  if (longRun === 0 || run === columns) return true;
  if (leap >= PAGE) return false;
  return longRun !== LEAP_RUN || leap < LONG_LEAP || 4 * run >= SHORTEST_RUN;
}

/** Distinct elements that `rows` neighbours read in `steps` steps, for each element along the vectors. */
export function placesOf(
  access: StridedAccess,
  rowAxis: number,
  rows: number,
  last: number,
  steps: number,
): number {
  const { strides, tables } = access.form;
  const [row, step] = [Math.abs(strides[rowAxis]!), Math.abs(strides[last]!)];
  if (tables.some(({ axis }) => axis === rowAxis || axis === last)) return rows * steps;
  if (row === 0 || step === 0) return (row === 0 ? 1 : rows) * (step === 0 ? 1 : steps);
  if (step % row === 0) return Math.min(rows * steps, rows + ((steps - 1) * step) / row);
  if (row % step === 0) return Math.min(rows * steps, steps + ((rows - 1) * row) / step);
  return rows * steps;
}
