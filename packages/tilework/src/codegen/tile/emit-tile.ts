/** One register tile: its reductions, then its stores. */

import { addressOf } from "./address.ts";
import type { Emission, Point } from "./emission.ts";
import { emitLevel } from "./emit-level.ts";
import { evaluate } from "./evaluate.ts";
import { emitWhere } from "./integer-value.ts";
import { decide } from "./interval.ts";
import { variesByLane } from "./lane-vector.ts";
import { bytesOf } from "./memory-type.ts";
import { isTileWide } from "./reduction-loops.ts";
import type { NodeStore } from "./value-graph.ts";

/** Emits the tile that the frames and extents of `e` describe. */
export function emitTile(e: Emission): void {
  const outerFloor = e.floor;
  e.builder.inline(() => {
    const levels = e.nest.levels.length;
    if (levels > 0) e.floor = e.builder.scope;
    e.setPoints(pointsOf(e));
    const owners = e.points.filter(({ window }) => window === 0);
    const [first] = owners;
    const open = e.guards.filter(
      (guard) => guard.level === -1 && !isTileWide(e, guard) && decide(e, guard, first!) !== true,
    );
    emitWhere(e, open, first!, () => {
      if (levels > 0) emitLevel(e, levels - 1, e.points);
      emitStores(e, owners);
    });
  });
  e.floor = outerFloor;
}

function pointsOf(e: Emission): Point[] {
  const space = combinations(e.plan.rows.map(({ axis }) => ({ axis, count: e.extents.get(axis)! })));
  const window = combinations(e.plan.window);
  return space.flatMap((own, at) =>
    window.map((inner, place) => {
      const offsets = new Array<number>(e.plan.sizes.length).fill(0);
      for (const [axis, value] of [...own, ...inner]) offsets[axis] = value;
      return { index: at * window.length + place, space: at, window: place, offsets };
    }),
  );
}

/** All combinations of 0 … count - 1 for each axis, the last axis fastest. */
function combinations(
  axes: readonly { readonly axis: number; readonly count: number }[],
): [number, number][][] {
  return axes.reduce<[number, number][][]>(
    (found, { axis, count }) =>
      found.flatMap((prefix) =>
        Array.from({ length: count }, (_, value): [number, number][] => [...prefix, [axis, value]]),
      ),
    [[]],
  );
}

function emitStores(e: Emission, points: readonly Point[]): void {
  const own = e.guards.filter((guard) => guard.level === -1);
  const varies = e.graph.stores.some(({ axes }) => variesByLane(e, axes));
  for (const point of points) {
    if (own.some((guard) => decide(e, guard, point) === false)) continue;
    const open = own.filter((guard) => decide(e, guard, point) === undefined);
    emitWhere(e, open, point, () => {
      for (let lane = 0; lane < (varies ? e.actives.length : 1); lane++) {
        const values = e.graph.stores.map(({ value }) => evaluate(e, value, point, lane));
        e.graph.stores.forEach((store, at) => {
          emitStore(e, store, values[at]!, point, lane);
        });
      }
    });
  }
}

function emitStore(e: Emission, { access, axes }: NodeStore, from: number, point: Point, lane: number): void {
  const { vectorAxis } = e.plan;
  const type = access.memory;
  const address = addressOf(e, access, point, lane);
  const active = variesByLane(e, axes) ? e.actives[lane]! : 1;
  const stride = vectorAxis === undefined ? 0 : access.address.strides[vectorAxis]!;
  if (active > 1 && stride !== bytesOf(type)) {
    e.builder.emit({ op: "storeStrided", from, address, stride, type, active });
    return;
  }
  const streaming = e.scheduled.schedule.streaming && active === e.lanes && isAligned(e, access);
  e.builder.emit({ op: "store", from, address, type, active, ...(streaming ? { streaming } : {}) });
}

/** Whether every store of whole vectors starts at a multiple of the vector's size, if the buffer does. */
function isAligned(e: Emission, { address, offset, memory }: NodeStore["access"]): boolean {
  const bytes = e.lanes * bytesOf(memory);
  const { vectorAxis } = e.plan;
  const strides = address.strides.filter((_, axis) => axis !== vectorAxis);
  return (
    offset % bytes === 0 && address.tables.length === 0 && strides.every((stride) => stride % bytes === 0)
  );
}
