/**
 * Loop nests: the one form of all device code.
 *
 * A nest has space axes (each of their points is computed once) and up to two reduction levels. For each space
 * point, each level folds its reductions over all points of its axes, in lexicographic order, ascending, the
 * first axis slowest; the inner level (level 0) runs anew for every point of the outer one (level 1), whose
 * reductions read its results as `accumulator`s. Then the stores' values, over the last level's results, are
 * computed, all of them, and only then written: a nest may write a buffer in place of one that it reads, as long
 * as no other space point reads what this one writes. A nest without levels is elementwise.
 *
 *     for space point p (any order, in parallel):
 *       for point w of levels[1].axes:            (where there is a second level)
 *         acc0 = fold over points k of levels[0].axes where the guards hold
 *         acc1 = fold(acc1, levels[1] values of (p, w, acc0))
 *       stores(p, acc)
 *
 * **Guards**: a point takes part only where `0 <= index < size` for every guard. A guard over space axes alone
 * switches the whole space point off (nothing is stored); one that involves reduction axes skips that
 * iteration of the level to which its innermost reduction axis belongs.
 *
 * **Arithmetic**: an `add` reduction whose value is a product `x·y` accumulates by fused multiply-add,
 * acc = fma(x, y, acc). Any other value v: acc = acc + v. `max`: NaN wins, else the first of equals stays:
 * acc = isNaN(acc) ? acc : (v > acc || isNaN(v)) ? v : acc; `min` mirrors it. `argmax` is max that remembers the
 * `position` of the element taken (the first element is always taken, so an all -inf window gives its first).
 * Start values: add 0, max -inf, min +inf, argmax (-inf, position of the first point that takes part).
 *
 * **Lanes**: where a level has `lanes`, its last axis is folded in 16 interleaved accumulators: element i of that
 * axis goes to lane i mod 16; outer axes of the level continue in the same lanes. Then the lanes are combined,
 * l with l+8, then l+4, l+2, l+1: acc[l] = op(acc[l], acc[l+8]) and so on. For argmax lanes are not allowed.
 */
import type { Dtype } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Expression } from "./expression.ts";
import type { Index } from "./index-expression.ts";

/**
 * A region of memory that a nest reads or writes: dense, row-major. Its identity counts: two nests that name the
 * same object share the memory. With `viewOf`, it is another shape over all of that buffer's elements.
 */
export interface Buffer {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: Shape;
  readonly viewOf?: Buffer;
}

/** The buffer that owns the memory. */
export function storageOf(buffer: Buffer): Buffer {
  return buffer.viewOf === undefined ? buffer : storageOf(buffer.viewOf);
}

export interface Axis {
  readonly name: string;
  readonly size: number;
}

/** Holds where `0 <= index < size`. */
export interface Guard {
  readonly index: Index;
  readonly size: number;
}

export type Reduction =
  | { readonly op: "add" | "max" | "min"; readonly value: Expression }
  | { readonly op: "argmax"; readonly value: Expression; readonly position: Expression };

export interface Level {
  readonly axes: readonly number[];
  readonly reductions: readonly Reduction[];
  /** Fold the last axis in 16 virtual lanes. */
  readonly lanes: boolean;
}

export interface Store {
  readonly buffer: number;
  readonly index: readonly Index[];
  readonly value: Expression;
}

export interface Nest {
  /** The op that it comes from, for people. */
  readonly name: string;
  readonly buffers: readonly Buffer[];
  readonly axes: readonly Axis[];
  /** Space axes, outermost first: the order of the result's memory. */
  readonly space: readonly number[];
  readonly guards: readonly Guard[];
  /** Innermost first; none, one or two. */
  readonly levels: readonly Level[];
  readonly stores: readonly Store[];
}

/** The number of result slots that a level's reductions give. */
export function slotsOf(level: Level): number {
  return level.reductions.reduce((count, reduction) => count + (reduction.op === "argmax" ? 2 : 1), 0);
}

/** Accumulators of a level with lanes, whatever the width of the machine's vectors. */
export const virtualLanes = 16;

/** Guards whose innermost reduction axis belongs to the level; for level = levels.length, those of the space. */
export function guardsOfLevel(nest: Nest, level: number): Guard[] {
  return nest.guards.filter(({ index }) => {
    const found = index.terms.map(({ axis }) => nest.levels.findIndex((each) => each.axes.includes(axis)));
    return Math.min(nest.levels.length, ...found.filter((at) => at >= 0)) === level;
  });
}
