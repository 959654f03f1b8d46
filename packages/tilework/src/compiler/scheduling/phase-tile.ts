/**
 * Tiles of all phases, for gradients of windows that overlap and move by more than a pixel. Pixels of different phases
 * are read by different taps, but by the same windows: 2 x 2 pixels under 3 x 3 windows of stride 2 have 4 windows in
 * all, which a tile loads once for 9 steps. Where the sums along one axis are shared, two rows of windows share them.
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
/** Rows of windows that share sums, and the registers for the sums of each result. */
const SHARING = 2;
const SHARED = 3 / 4;
/** Registers for what is on its way. */
const PASSING = 2;

export interface PhaseTile extends SquareTile {
  readonly order: readonly number[];
}

/** Undefined where the nest is none of that kind. */
export function phaseTile(space: TileSpace): PhaseTile | undefined {
  const { work, target, vectorAxis } = space;
  const { nest } = work;
  const [level, outer] = nest.levels;
  if (target.printer !== "x64" || level === undefined || level.lanes || vectorAxis === undefined)
    return undefined;
  if (outer === undefined ? level.reductions.some(isPlain) : space.window.length < outer.axes.length)
    return undefined;
  const found = nest.space.flatMap((axis) => {
    const windows = axis === vectorAxis ? undefined : windowsOf(space, axis);
    return windows === undefined ? [] : [{ axis, windows, count: nest.axes[axis]!.size }];
  });
  const phases = found.reduce((product, { count }) => product * count, 1);
  const results = Math.floor(target.registers * RESULTS);
  if (found.length === 0 || phases > results) return undefined;
  const units = Math.ceil(nest.axes[vectorAxis]!.size / target.lanes);
  const vectors = Math.min(units, MOST_VECTORS, Math.floor(results / phases));
  const neighbours = (outer === undefined ? found.at(-1)! : found[0]!).windows;
  const most = outer !== undefined ? SHARING : units > vectors ? 1 : Math.floor(results / (phases * vectors));
  const side = Math.min(nest.axes[neighbours]!.size, most);
  if (outer !== undefined && phases * side * vectors * (1 + SHARED) + PASSING > target.registers)
    return undefined;
  const taps = pointsOf(nest, level.axes);
  if (phases * side * vectors * taps * (work.operations + 1) > MOST_WRITTEN) return undefined;
  const own = found.map(({ axis, count }) => ({ axis, count }));
  const sides = side > 1 ? [{ axis: neighbours, count: side }] : [];
  const rows = [...sides, ...own, ...space.window.map((axis) => ({ axis, count: nest.axes[axis]!.size }))];
  const last = [...own.map(({ axis }) => axis), vectorAxis];
  return {
    rows,
    vectors,
    unroll: taps,
    order: [...nest.space.filter((axis) => !last.includes(axis)), ...last],
  };
}

/** The axis along which the windows lie, if this one counts the pixels from one of them to the next. */
function windowsOf(
  { work: { nest, loads, stores }, vectorAxis }: TileSpace,
  phase: number,
): number | undefined {
  const { size } = nest.axes[phase]!;
  const vectors = loads.filter((access) => variesAlong(access, vectorAxis!));
  const taps = nest.levels.flatMap(({ axes }) => axes).filter((axis) => nest.axes[axis]!.size > 1);
  if (size < 2 || size > MOST_PHASES) return undefined;
  return nest.space.find(
    (axis) =>
      axis !== phase &&
      stores.every(
        ({ form }) => form.strides[phase]! > 0 && form.strides[axis] === form.strides[phase]! * size,
      ) &&
      vectors.every((access) => {
        const { strides, tables } = access.form;
        const isNear = Math.abs(strides[phase]!) <= strides[axis]!;
        return variesAlong(access, axis) && isNear && tables.every((term) => term.axis !== axis);
      }) &&
      taps.some((tap) => vectors.every((access) => variesAlong(access, tap))),
  );
}
