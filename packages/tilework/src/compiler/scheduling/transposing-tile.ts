import type { Tile } from "./choose-tile.ts";
import { pointsOf } from "./nest-work.ts";
import type { TileSpace } from "./step-cost.ts";
import { isSmoothAlong, type StridedAccess } from "./strided-access.ts";

/** Cycles of an element: its part of a load, of the permutations and of a store. */
const CYCLES = 0.6;

/** A turned operand beyond the first wants so many tiles: fewer take less time by strided loads than to be printed. */
const TILES_AN_OPERAND = 16;

/** The shortest side of what is turned as a square: with fewer elements, most of the permutations move nothing. */
export function shortestSide(lanes: number): number {
  return lanes === 16 ? 5 : lanes / 2 + 1;
}

/**
 * The tile of a copy that exchanges axes (a transposition, panels of a matrix that is stored transposed): a square
 * of elements is loaded along the axis that is contiguous there, and turned in registers; either side may be shorter than
 * a vector. Undefined where no operand lies so, and on AVX2, whose permutations of two vectors take four instructions.
 */
export function transposingTile({ work, target, vectorAxis }: TileSpace): Tile | undefined {
  const { nest, loads } = work;
  const { lanes } = target;
  if (nest.levels.length > 0 || nest.guards.length > 0 || vectorAxis === undefined || lanes === 8)
    return undefined;
  if (nest.axes[vectorAxis]!.size < shortestSide(lanes)) return undefined;
  const strided = loads.filter((access) => !isSmoothAlong(access, vectorAxis));
  const [first] = strided;
  if (first === undefined || strided.some((access) => !isAffine(access))) return undefined;
  const rowAxis = nest.space.find(
    (axis) =>
      axis !== vectorAxis &&
      nest.axes[axis]!.size >= shortestSide(lanes) &&
      strided.every(({ form }) => form.strides[axis] === 1),
  );
  if (rowAxis === undefined) return undefined;
  const points = pointsOf(nest, nest.space);
  if (points < lanes * lanes * TILES_AN_OPERAND * (strided.length - 1)) return undefined;
  const cycles = CYCLES * points * strided.length;
  return { vectorAxis, rowAxis, rows: Math.min(nest.axes[rowAxis]!.size, lanes), vectors: 1, cycles };
}

function isAffine({ form, isDynamic }: StridedAccess): boolean {
  return !isDynamic && form.tables.length === 0;
}
