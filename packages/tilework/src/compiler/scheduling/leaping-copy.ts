/**
 * Copies that read short runs which lie far apart in memory, as panels of a matrix do: no processor foresees the leaps,
 * so that the loads of several runs stand before their stores, and wait for memory together.
 */
import type { Tile } from "./choose-tile.ts";
import type { TileSpace } from "./step-cost.ts";
import { isSmoothAlong } from "./strided-access.ts";

/** Runs of a tile. */
const RUNS = 4;
/** Vectors of a tile: more would only be more code. */
const MOST_VECTORS = 16;

/** The tile with several runs; undefined where the nest is no such copy. */
export function leapingCopy({ work, target, spaceAxes }: TileSpace, tile: Tile): Tile | undefined {
  const { nest, loads, stores } = work;
  const { vectorAxis, vectors } = tile;
  const [load, ...others] = loads;
  const rowAxis = spaceAxes.at(-2);
  if (target.printer !== "x64" || nest.levels.length > 0 || tile.rowAxis !== undefined) return undefined;
  if (load === undefined || others.length > 0 || stores.length !== 1 || nest.guards.length > 0)
    return undefined;
  if (vectorAxis === undefined || rowAxis === undefined || spaceAxes.at(-1) !== vectorAxis) return undefined;
  const { size } = nest.axes[vectorAxis]!;
  if (!isSmoothAlong(load, vectorAxis) || size > vectors * target.lanes || RUNS * vectors > MOST_VECTORS)
    return undefined;
  const isApart = load.form.tables.length === 0 && Math.abs(load.form.strides[rowAxis]!) > size;
  if (!isApart || nest.axes[rowAxis]!.size % RUNS !== 0) return undefined;
  return { ...tile, rowAxis, rows: RUNS };
}
