/**
 * Whether a program treats each row of its inputs (an example, along the first axis) by itself, so that more rows
 * change nothing in the others' results.
 *
 * Proved on the nests: a buffer with a row for each example is written, at each point, in the row given by one space
 * axis, from the same row of other such buffers and from anything that has no rows. What cannot be seen this way
 * counts as dependent.
 */

import type { Program } from "../graph/program.ts";
import { loadsOf, plainAxis } from "../kernel/access.ts";
import type { LoadIndex } from "../kernel/expression.ts";
import { type Buffer, type Nest, storageOf } from "../kernel/nest.ts";
import { lowerProgram } from "./lower.ts";

/** `rows` is the size of the inputs' first axis. */
export function hasIndependentRows(program: Program, rows: number): boolean {
  if (program.updates.length > 0) return false;
  const { nests, inputs, outputs } = lowerProgram(program);
  const withRows = new Set([...inputs.values()].filter(({ shape }) => shape[0] === rows));
  if (withRows.size < inputs.size) return false;
  for (const { nest } of nests) {
    if (!loadsOf(nest).some((load) => withRows.has(storageOf(nest.buffers[load.buffer]!)))) continue;
    if (!nest.space.some((axis) => keepsRows(nest, axis, rows, withRows))) return false;
    for (const store of nest.stores) withRows.add(storageOf(nest.buffers[store.buffer]!));
  }
  return [...outputs.values()].every((buffer) => withRows.has(storageOf(buffer)) && buffer.shape[0] === rows);
}

/** Whether the axis is the row of every access to a buffer with rows, and of all that is written. */
function keepsRows(nest: Nest, axis: number, rows: number, withRows: ReadonlySet<Buffer>): boolean {
  const isRow = (buffer: number, index: readonly LoadIndex[]): boolean =>
    nest.buffers[buffer]!.shape[0] === rows && index[0] !== undefined && plainAxis(index[0]) === axis;
  return (
    nest.stores.every((store) => isRow(store.buffer, store.index)) &&
    loadsOf(nest).every(
      (load) => !withRows.has(storageOf(nest.buffers[load.buffer]!)) || isRow(load.buffer, load.index),
    )
  );
}
