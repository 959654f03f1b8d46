/**
 * Tiles of all phases, for gradients of windows that overlap and move by more than a pixel. Pixels of different phases
 * are read by different taps, but by the same windows: 2 x 2 pixels under 3 x 3 windows of stride 2 have 4 windows in
 * all, which a tile loads once for 9 steps.
 */
import { pointsOf } from "./nest-work.ts";
import { isPlain } from "./skewed-loads.ts";
import type { SquareTile } from "./square-tile.ts";
import type { TileSpace } from "./step-cost.ts";
import { variesAlong } from "./strided-access.ts";

/** Phases of one axis. */
const MOST_PHASES = 4;
/** Statements of a tile. */
const MOST_WRITTEN = 400;
/** The part of the registers that results take. */
const RESULTS = 3 / 8;
/** Vectors of a pixel: more of them give no longer runs than neighbouring pixels do. */
const MOST_VECTORS = 2;

export interface PhaseTile extends SquareTile {
  readonly order: readonly number[];
}

/** Undefined where the nest is none of that kind. */
export function phaseTile(space: TileSpace, order: readonly number[]): PhaseTile | undefined {
  const { work, target, vectorAxis } = space;
  const { nest } = work;
  const [level, ...others] = nest.levels;
  if (target.printer !== "x64" || level === undefined || level.lanes || others.length > 0) return undefined;
  if (vectorAxis === undefined || level.reductions.some(isPlain)) return undefined;
  const found = nest.space.flatMap((axis) => {
    const windows = axis === vectorAxis ? undefined : windowsOf(space, axis);
    return windows === undefined ? [] : [{ axis, windows, count: nest.axes[axis]!.size }];
  });
  const phases = found.reduce((product, { count }) => product * count, 1);
  const results = Math.floor(target.registers * RESULTS);
  if (found.length === 0 || phases > results) return undefined;
  const units = Math.ceil(nest.axes[vectorAxis]!.size / target.lanes);
  const vectors = Math.min(units, MOST_VECTORS, Math.floor(results / phases));
  const neighbours = nest.axes[found.at(-1)!.windows]!;
  const side = Math.min(neighbours.size, units > vectors ? 1 : Math.floor(results / (phases * vectors)));
  const taps = pointsOf(nest, level.axes);
  if (phases * side * vectors * taps * (work.operations + 1) > MOST_WRITTEN) return undefined;
  const own = found.map(({ axis, count }) => ({ axis, count }));
  const rows = side > 1 ? [{ axis: found.at(-1)!.windows, count: side }, ...own] : own;
  const last = [...own.map(({ axis }) => axis), vectorAxis];
  return { rows, vectors, unroll: taps, order: [...order.filter((axis) => !last.includes(axis)), ...last] };
}

/** The axis along which the windows lie, if this one counts the pixels from one of them to the next. */
function windowsOf({ work: { nest, loads, stores } }: TileSpace, phase: number): number | undefined {
  const { size } = nest.axes[phase]!;
  if (size < 2 || size > MOST_PHASES) return undefined;
  return nest.space.find(
    (axis) =>
      axis !== phase &&
      stores.every(
        ({ form }) => form.strides[phase]! > 0 && form.strides[axis] === form.strides[phase]! * size,
      ) &&
      loads.every((access) => {
        const { strides, tables } = access.form;
        const isNear = Math.abs(strides[phase]!) <= strides[axis]!;
        return variesAlong(access, axis) && isNear && tables.every((term) => term.axis !== axis);
      }) &&
      nest.levels[0]!.axes.some(
        (tap) => nest.axes[tap]!.size > 1 && loads.every((access) => variesAlong(access, tap)),
      ),
  );
}
