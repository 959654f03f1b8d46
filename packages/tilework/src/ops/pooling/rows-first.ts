/**
 * Windows over few channels, in two passes: first all axes but the last, over whole rows of the image, whose pixels
 * with their channels fill vectors; then the last axis, over what that leaves. In one pass each step would pick the
 * pixels of neighbouring windows out of a row. Whether it pays follows from the shapes alone.
 */
import { virtualLanes } from "../../kernel/nest.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type PoolGeometry, windowSizes } from "./pool-geometry.ts";
import { alongAxes } from "./separate-axes.ts";

/** Pixels of a window above each other, from which on the second pass reads little beside the first one. */
const enoughRows = 3;

export interface RowsFirst {
  /** Along all axes but the last. */
  readonly rows: PoolGeometry;
  /** Along the last axis. */
  readonly columns: PoolGeometry;
}

/** The two passes, or undefined where one does as well. */
export function rowsFirst(geometry: PoolGeometry): RowsFirst | undefined {
  const sizes = windowSizes(geometry);
  const last = sizes.length - 1;
  const isContiguous = sizes[last] === 1 || geometry.windows?.[last]?.stride === 1;
  const isWorthIt = sizeOf(sizes.slice(0, last)) >= enoughRows;
  if (2 * geometry.channels > virtualLanes || isContiguous || !isWorthIt) return undefined;
  const above = sizes.slice(0, last).map((_, axis) => axis);
  const rows = alongAxes(geometry, above, geometry.inputSizes);
  return { rows, columns: alongAxes(geometry, [last], rows.outputSizes) };
}
