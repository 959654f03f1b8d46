import { bytesOf } from "../plan-memory.ts";
import type { Target } from "../target.ts";
import { type NestWork, pointsOf } from "./nest-work.ts";
import { type StridedAccess, variesAlong } from "./strided-access.ts";

export interface LoopOrder {
  /** The space axes, outermost first, before a row axis is chosen. */
  readonly spaceAxes: readonly number[];
  /** The order is that of memory and neighbouring axes may merge: a row axis keeps its place. */
  readonly isStreaming: boolean;
  /** The blocks of vectors come last, after a row axis. */
  readonly vectorsLast: boolean;
  /** Bytes in a row that a tile should read where that is what counts, else 0. */
  readonly longRun: number;
}

/** Where tiles follow each other in memory. */
const NEXT_RUN = 256;
/** Where each step of a tile is a leap in memory, so that no near cache holds the lines for other tiles. */
export const LEAP_RUN = 512;

/**
 * Where operands along vectors are shared by other axes (weights by pixels): the first axis (images) outermost,
 * then blocks of vectors and whatever else moves those operands, so that they stay in the cache while the other
 * axes run; or the blocks outermost, where they are to stay for all images. Where nothing is shared: the order of memory. So too where blocks of vectors share nothing with each
 * other and all of them stay in the cache (channels of a depthwise convolution): memory is then read in long runs.
 */
export function loopOrder(
  work: NestWork,
  vectorAxis: number | undefined,
  { l2 }: Pick<Target, "l2">,
): LoopOrder {
  const { nest } = work;
  if (vectorAxis === undefined || !nest.space.includes(vectorAxis))
    return { spaceAxes: nest.space, isStreaming: false, vectorsLast: false, longRun: 0 };
  const axes = nest.space.filter((axis) => nest.axes[axis]!.size > 1);
  const isShared = (access: StridedAccess): boolean => axes.some((axis) => !variesAlong(access, axis));
  const panels = work.loads.filter((access) => variesAlong(access, vectorAxis) && isShared(access));
  if (nest.levels.length === 0 || panels.length === 0)
    return {
      spaceAxes: memoryOrder(work, vectorAxis),
      isStreaming: true,
      vectorsLast: false,
      longRun: NEXT_RUN,
    };
  const isIndependent = work.loads.every((access) => variesAlong(access, vectorAxis));
  const bytes = panels.reduce((sum, { buffer }) => sum + bytesOf(nest.buffers[buffer]!), 0);
  if (isIndependent && bytes <= l2 / 4 && nest.space.at(-1) === vectorAxis)
    return { spaceAxes: nest.space, isStreaming: false, vectorsLast: true, longRun: NEXT_RUN };
  const [first, ...others] = nest.space.filter((axis) => axis !== vectorAxis);
  const isPanelAxis = (axis: number): boolean => panels.some((access) => variesAlong(access, axis));
  const blocks = [...others.filter(isPanelAxis), vectorAxis];
  const outer = first === undefined ? [] : [first];
  const spaceAxes = [
    ...(staysForAll(work, panels, blocks, first, l2) ? [...blocks, ...outer] : [...outer, ...blocks]),
    ...others.filter((axis) => !isPanelAxis(axis)),
  ];
  return { spaceAxes, isStreaming: false, vectorsLast: false, longRun: isIndependent ? LEAP_RUN : 0 };
}

/** Columns of a block of vectors, at least. */
const USUAL_BLOCK = 16;

/**
 * Whether a block of the shared operands better stays in the cache for all images: together they are too large for
 * it, and reading them again for each image costs more than reading the images again for each block (small images
 * with many channels).
 */
function staysForAll(
  { nest, loads }: NestWork,
  panels: readonly StridedAccess[],
  blockAxes: readonly number[],
  images: number | undefined,
  l2: number,
): boolean {
  if (images === undefined || panels.some((access) => variesAlong(access, images))) return false;
  const bytesOfAll = (accesses: readonly StridedAccess[]): number =>
    accesses.reduce((sum, { buffer }) => sum + bytesOf(nest.buffers[buffer]!), 0);
  const shared = bytesOfAll(panels);
  const own = bytesOfAll(loads.filter((access) => !panels.includes(access)));
  const blocks = pointsOf(nest, blockAxes) / USUAL_BLOCK;
  const again = own <= l2 / 2 ? own : own * blocks;
  const mayStay = shared > l2 && shared / blocks <= (3 / 4) * l2;
  return mayStay && again < shared * nest.axes[images]!.size;
}

/**
 * The order of the stores. A load that is contiguous along another axis than the vectors (a transposition) wants
 * that axis innermost, so that each cache line is used up while it is there.
 */
function memoryOrder({ nest, loads }: NestWork, vectorAxis: number): number[] {
  const strided = loads.find(({ form }) => Math.abs(form.strides[vectorAxis]!) > 1);
  const along = nest.space.find((axis) => axis !== vectorAxis && strided?.form.strides[axis] === 1);
  if (along === undefined) return [...nest.space];
  return [...nest.space.filter((axis) => axis !== along), along];
}
