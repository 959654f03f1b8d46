/**
 * The same elementwise nest over another shape of the same elements, so that it can join a nest that computes them
 * in that shape (what a Flatten or Reshape stands between).
 */
import { identityMap } from "../../kernel/access.ts";
import type { LoadIndex } from "../../kernel/expression.ts";
import { axisIndex, constantIndex } from "../../kernel/index-expression.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import { expressionsOf, mapExpressions, nodesUnder, rewriter } from "../../kernel/rewrite.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";

/**
 * Undefined unless every access visits its whole buffer in row-major order (or always the same element). Buffers in
 * `known` are used where a view of that shape is needed.
 */
export function reshapeElementwise(nest: Nest, shape: Shape, known: readonly Buffer[]): Nest | undefined {
  if (nest.levels.length > 0 || nest.guards.length > 0) return undefined;
  const accesses: { buffer: number; index: readonly LoadIndex[] }[] = [...nest.stores];
  for (const node of nodesUnder(expressionsOf(nest))) {
    if (node.kind === "position") return undefined;
    if (node.kind !== "load") continue;
    if (node.fill !== undefined) return undefined;
    accesses.push(node);
  }
  const whole = new Set<number>();
  for (const { buffer, index } of accesses) {
    if (isRowMajor(nest, nest.buffers[buffer]!, index)) whole.add(buffer);
    else if (whole.has(buffer) || !index.every((at) => !("dynamic" in at) && at.terms.length === 0))
      return undefined;
  }
  if ([...whole].some((buffer) => sizeOf(nest.buffers[buffer]!.shape) !== sizeOf(shape))) return undefined;
  const index = shape.map((size, axis) => (size === 1 ? constantIndex(0) : axisIndex(axis)));
  const mapped = mapExpressions(
    nest,
    rewriter((expression) =>
      expression.kind === "load" && whole.has(expression.buffer) ? { ...expression, index } : expression,
    ),
  );
  return {
    ...mapped,
    buffers: nest.buffers.map((buffer, at) => (whole.has(at) ? viewAs(buffer, shape, known) : buffer)),
    axes: shape.map((size, axis) => ({ name: `e${axis}`, size })),
    space: shape.flatMap((size, axis) => (size === 1 ? [] : [axis])),
    stores: mapped.stores.map((store) => ({ ...store, index })),
  };
}

function isRowMajor(nest: Nest, buffer: Buffer, index: readonly LoadIndex[]): boolean {
  const dimensionOf = identityMap(nest, buffer, index, nest.space);
  if (dimensionOf === undefined) return false;
  const dimensions = nest.space.flatMap((axis) => dimensionOf.get(axis) ?? []);
  return dimensions.every((dimension, at) => at === 0 || dimension > dimensions[at - 1]!);
}

function viewAs(buffer: Buffer, shape: Shape, known: readonly Buffer[]): Buffer {
  const storage = storageOf(buffer);
  const same = (candidate: Buffer): boolean =>
    storageOf(candidate) === storage && candidate.shape.join() === shape.join();
  return (
    [buffer, storage, ...known].find(same) ?? {
      name: buffer.name,
      dtype: buffer.dtype,
      shape,
      viewOf: storage,
    }
  );
}
