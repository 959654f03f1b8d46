/**
 * The same elementwise nest over another shape of the same elements, so that it can join a nest that computes them
 * in that shape (what a Flatten or Reshape stands between).
 */
import { identityMap } from "../../kernel/access.ts";
import type { LoadIndex } from "../../kernel/expression.ts";
import { axesOf, axisIndex, constantIndex, type Index, substitute } from "../../kernel/index-expression.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import { expressionsOf, mapExpressions, nodesUnder, rewriter } from "../../kernel/rewrite.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";

/**
 * Undefined unless every access visits its whole buffer in row-major order, or depends only on innermost axes that
 * both shapes have (a channel's bias). Buffers in `known` are used where a view of that shape is needed.
 */
export function reshapeElementwise(nest: Nest, shape: Shape, known: readonly Buffer[]): Nest | undefined {
  if (nest.levels.length > 0 || nest.guards.length > 0) return undefined;
  const accesses: Access[] = [...nest.stores];
  for (const node of nodesUnder(expressionsOf(nest))) {
    if (node.kind === "position") return undefined;
    if (node.kind !== "load") continue;
    if (node.fill !== undefined) return undefined;
    accesses.push(node);
  }
  const isWhole = ({ buffer, index }: Access): boolean => isRowMajor(nest, nest.buffers[buffer]!, index);
  const whole = new Set(accesses.filter(isWhole).map(({ buffer }) => buffer));
  const innermost = innermostAxes(nest, shape);
  const isKept = ({ buffer, index }: Access): boolean =>
    !whole.has(buffer) &&
    index.every((at) => !("dynamic" in at) && [...axesOf(at)].every((axis) => innermost.has(axis)));
  if (!accesses.every((access) => isWhole(access) || isKept(access))) return undefined;
  if ([...whole].some((buffer) => sizeOf(nest.buffers[buffer]!.shape) !== sizeOf(shape))) return undefined;
  const plain = shape.map((size, axis) => (size === 1 ? constantIndex(0) : axisIndex(axis)));
  const keep = (at: LoadIndex): Index =>
    substitute(at as Index, (axis) => axisIndex(innermost.get(axis)!)) as Index;
  const moveIndex = ({ buffer, index }: Access): Index[] => (whole.has(buffer) ? plain : index.map(keep));
  const mapped = mapExpressions(
    nest,
    rewriter((expression) =>
      expression.kind === "load" ? { ...expression, index: moveIndex(expression) } : expression,
    ),
  );
  return {
    ...mapped,
    buffers: nest.buffers.map((buffer, at) => (whole.has(at) ? viewAs(buffer, shape, known) : buffer)),
    axes: shape.map((size, axis) => ({ name: `e${axis}`, size })),
    space: shape.flatMap((size, axis) => (size === 1 ? [] : [axis])),
    stores: mapped.stores.map((store) => ({ ...store, index: moveIndex(store) })),
  };
}

interface Access {
  readonly buffer: number;
  readonly index: readonly LoadIndex[];
}

/** The nest's axes that are the same in the other shape of its elements, from the innermost outwards: its dimensions. */
function innermostAxes(nest: Nest, shape: Shape): Map<number, number> {
  const axes = nest.space.filter((axis) => nest.axes[axis]!.size > 1).reverse();
  const dimensions = shape.flatMap((size, dimension) => (size > 1 ? [dimension] : [])).reverse();
  const differing = axes.findIndex((axis, at) => nest.axes[axis]!.size !== shape[dimensions[at]!]);
  const same = differing < 0 ? axes : axes.slice(0, differing);
  return new Map(same.map((axis, at) => [axis, dimensions[at]!]));
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
