/** A nest over images as one over their bands of rows, each an image of its own. */

import { isZero, plainAxis } from "../../kernel/access.ts";
import type { LoadIndex } from "../../kernel/expression.ts";
import { axesOf, axisIndex, type Index, rangeOf } from "../../kernel/index-expression.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import { expressionsOf, mapExpressions, nodesUnder, rewriter } from "../../kernel/rewrite.ts";
import { sameShape } from "../../tensor/shape.ts";

/**
 * The nest whose axes `image` and `row` run over the bands of all images, and over the rows of a band. Undefined where
 * it does not treat all images and rows alike, or where a band would end between the rows that it reads together.
 * Buffers in `known` are used where a view of the same shape is needed.
 */
export function splitImages(
  nest: Nest,
  axes: ImageAxes,
  bands: number,
  known: readonly Buffer[],
): Nest | undefined {
  const [images, rows] = [nest.axes[axes.image]!.size, nest.axes[axes.row]!.size];
  if (rows % bands !== 0 || nest.guards.length > 0) return undefined;
  const accesses = new Accesses(nest, axes);
  for (const node of nodesUnder(expressionsOf(nest))) {
    if (node.kind === "position" && mentions([node.index], axes.image, axes.row)) return undefined;
    if (node.kind === "load") accesses.visit(node);
  }
  for (const store of nest.stores) accesses.visit(store);
  if (!accesses.areAlike) return undefined;
  const { split } = accesses;
  const moveIndex = <T extends LoadIndex>({ buffer, index }: Access<T>): readonly (T | Index)[] =>
    split.has(buffer) ? [axisIndex(axes.image), ...index.slice(1)] : index;
  const mapped = mapExpressions(
    nest,
    rewriter((expression) =>
      expression.kind === "load" ? { ...expression, index: moveIndex(expression) } : expression,
    ),
  );
  const sizes = new Map([
    [axes.image, images * bands],
    [axes.row, rows / bands],
  ]);
  return {
    ...mapped,
    buffers: nest.buffers.map((buffer, at) => (split.has(at) ? inBands(buffer, bands, known) : buffer)),
    axes: nest.axes.map((axis, at) => ({ ...axis, size: sizes.get(at) ?? axis.size })),
    stores: mapped.stores.map((store) => ({ ...store, index: moveIndex(store) })),
  };
}

interface ImageAxes {
  readonly image: number;
  readonly row: number;
}

interface Access<T = LoadIndex> {
  readonly buffer: number;
  readonly index: readonly T[];
}

/** Which buffers hold images, and which ones what is the same for all of them. */
class Accesses {
  readonly split = new Set<number>();
  readonly #whole = new Set<number>();
  readonly #nest: Nest;
  readonly #axes: ImageAxes;
  #fits = true;

  constructor(nest: Nest, axes: ImageAxes) {
    this.#nest = nest;
    this.#axes = axes;
  }

  /** Whether all accesses can be split, and each buffer is taken in one way. */
  get areAlike(): boolean {
    return this.#fits && [...this.split].every((buffer) => !this.#whole.has(buffer));
  }

  visit({ buffer, index }: Access): void {
    const { image, row } = this.#axes;
    if (!mentions(index, image, row)) this.#whole.add(buffer);
    else {
      this.split.add(buffer);
      this.#fits &&= this.#isSplit(this.#nest.buffers[buffer]!, index);
    }
  }

  /** Whether image i alone is at place i of the first dimension, and row r alone at its own part of the second one. */
  #isSplit({ shape }: Buffer, index: readonly LoadIndex[]): boolean {
    const { axes } = this.#nest;
    const { image, row } = this.#axes;
    const [first, second, ...rest] = index as readonly Index[];
    if (first === undefined || second === undefined || mentions(rest, image, row)) return false;
    if (shape[0] !== axes[image]!.size || mentions([second], image)) return false;
    if (plainAxis(first) !== image && !(shape[0] === 1 && isZero(first))) return false;
    const term = second.terms.find(({ axis }) => axis === row);
    if (term === undefined || !("stride" in term) || shape[1] !== term.stride * axes[row]!.size) return false;
    const others = { ...second, terms: second.terms.filter((other) => other !== term) };
    const { min, max } = rangeOf(others, (axis) => axes[axis]!.size);
    return min >= 0 && max < term.stride;
  }
}

function mentions(index: readonly LoadIndex[], ...axes: readonly number[]): boolean {
  return index.some((at) => "dynamic" in at || axes.some((axis) => axesOf(at).has(axis)));
}

function inBands(buffer: Buffer, bands: number, known: readonly Buffer[]): Buffer {
  const [images, rows, ...rest] = buffer.shape as [number, number, ...number[]];
  const shape = [images * bands, rows / bands, ...rest];
  const storage = storageOf(buffer);
  const isSame = (candidate: Buffer): boolean =>
    storageOf(candidate) === storage && sameShape(candidate.shape, shape);
  return known.find(isSame) ?? { name: buffer.name, dtype: buffer.dtype, shape, viewOf: storage };
}
