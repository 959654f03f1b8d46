/**
 * A square of elements whose rows lie in memory where the tile wants its columns: each vector is loaded along the
 * rows of the tile, and the square is turned in registers, in log2(lanes) rounds that exchange blocks of twice the
 * size: what lies across the diagonal of each block of 2d by 2d changes places. Blocks without columns are left out.
 */
import { addressOf } from "./address.ts";
import type { Emission, Point } from "./emission.ts";
import type { Node } from "./value-graph.ts";

type LoadNode = Extract<Node, { kind: "load" }>;

/** The value of a load at a point of a tile that is turned in registers; undefined where the tile is not. */
export function emitTransposed(e: Emission, node: LoadNode, point: Point, lane: number): number | undefined {
  const axis = contiguousRow(e, node);
  if (axis === undefined) return undefined;
  const others = point.offsets.map((offset, at) => (at === axis ? 0 : offset));
  const key = `${node.id} ${lane} ${others.join()}`;
  let square = e.turned.get(key);
  if (square === undefined) {
    square = turn(e, loadColumns(e, node, { ...point, offsets: others }, lane, e.extents.get(axis)!));
    e.turned.set(key, square);
  }
  return square[point.offsets[axis]!];
}

/** The row axis of the tile along which the load is contiguous, where it is strided along the vectors. */
function contiguousRow(e: Emission, { access, conditions }: LoadNode): number | undefined {
  const { vectorAxis, rows, lanePeriod } = e.plan;
  if (e.nest.levels.length > 0 || e.guards.length > 0 || conditions.length > 0) return undefined;
  if (vectorAxis === undefined || lanePeriod !== 1 || access.memory !== "f32" || access.dynamic.length > 0)
    return undefined;
  const { strides, tables } = access.address;
  if (tables.length > 0 || strides[vectorAxis]! <= 4) return undefined;
  const row = rows.find(({ axis }) => strides[axis] === 4)?.axis;
  const count = row === undefined ? 0 : e.extents.get(row)!;
  return count > e.lanes / 2 && count <= e.lanes ? row : undefined;
}

function loadColumns(e: Emission, { access }: LoadNode, point: Point, lane: number, count: number): number[] {
  const { base, offset } = addressOf(e, access, point, lane);
  const stride = access.address.strides[e.plan.vectorAxis!]!;
  return Array.from({ length: e.actives[lane]! }, (_, column) => {
    const to = e.builder.vector("f32");
    const address = { base, offset: offset + column * stride };
    e.builder.emit({ op: "load", to, address, type: "f32", active: count });
    return to;
  });
}

/** Element l of result r is element r of column l; of lanes without a column anything. */
function turn(e: Emission, columns: readonly number[]): number[] {
  const { lanes } = e;
  const order = Array.from({ length: lanes }, (_, lane) => lane);
  let current: (number | undefined)[] = order.map((lane) => columns[lane]);
  for (let distance = 1; distance < lanes; distance *= 2) {
    const next = [...current];
    for (const low of order.filter((lane) => (lane & distance) === 0)) {
      const [x, y] = [current[low], current[low + distance]];
      if (x === undefined) continue;
      const upper = (lane: number): boolean => (lane & distance) > 0;
      const first = order.map((lane) => (upper(lane) ? lanes + lane - distance : lane));
      const second = order.map((lane) => (upper(lane) ? lanes + lane : lane + distance));
      next[low] = y === undefined ? x : permute(e, x, y, first);
      next[low + distance] = permute(e, x, y, y === undefined ? second.map((lane) => lane % lanes) : second);
    }
    current = next;
  }
  return current as number[];
}

function permute(e: Emission, x: number, y: number | undefined, lanes: readonly number[]): number {
  const to = e.builder.vector("f32");
  e.builder.emit({ op: "permute", to, x, ...(y === undefined ? {} : { y }), lanes });
  return to;
}
