/**
 * A square of elements whose rows lie in memory where the tile wants its columns: each vector is loaded along the
 * rows of the tile, and the square is turned in registers, in log2(lanes) rounds of permutations of two vectors. Two
 * rounds turn each block of 4 by 4, two more the square of such blocks; a round brings the even units of two vectors
 * together, and the odd ones, which processors do without a table of lanes. What has no column is left out.
 */
import { shortestSide } from "../../compiler/scheduling/transposing-tile.ts";
import { addressOf } from "./address.ts";
import type { Emission, Point } from "./emission.ts";
import type { Node } from "./value-graph.ts";

/** Units that are dealt among each other: elements of a quarter of a vector, then its quarters. */
const BLOCK = 4;

type LoadNode = Extract<Node, { kind: "load" }>;

/** The value of a load at a point of a tile that is turned in registers; undefined where the tile is not. */
export function emitTransposed(e: Emission, node: LoadNode, point: Point, lane: number): number | undefined {
  const axis = contiguousRow(e, node);
  if (axis === undefined) return undefined;
  const others = point.offsets.map((offset, at) => (at === axis ? 0 : offset));
  const key = `${node.id} ${lane} ${others.join()}`;
  let square = e.turned.get(key);
  if (square === undefined) {
    const count = e.extents.get(axis)!;
    square = turn(e, loadColumns(e, node, { ...point, offsets: others }, lane, count), count);
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
  return count >= shortestSide(e.lanes) && count <= e.lanes ? row : undefined;
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

/** Vectors and what stands where in them: lane l of the value is lane `lanes[l]` of the register. */
interface Dealt {
  readonly register: number;
  readonly lanes: readonly number[];
}

/** Element l of result r is element r of column l; of lanes without a column anything. */
function turn(e: Emission, columns: readonly number[], count: number): number[] {
  const order = Array.from({ length: e.lanes }, (_, lane) => lane);
  let current = order.map((lane): Dealt | undefined => {
    const register = columns[lane];
    return register === undefined ? undefined : { register, lanes: order };
  });
  for (let unit = 1; unit < e.lanes; unit *= BLOCK) {
    const end = Math.min(e.lanes, unit * BLOCK);
    for (let distance = unit; distance < end; distance *= 2)
      current = exchange(e, current, { unit, distance, end, count });
    current = current.map((dealt, at) => (at < count || end < e.lanes ? settled(e, dealt) : undefined));
  }
  return current.slice(0, count).map((dealt) => dealt!.register);
}

interface Round {
  /** Neighbouring lanes that stay together; blocks of lanes in which they are dealt. */
  readonly unit: number;
  readonly end: number;
  /** Between the two vectors of a pair. */
  readonly distance: number;
  /** Results that are asked for. */
  readonly count: number;
}

/** The even units of two vectors come together, and the odd ones; a vector without another one waits as it is. */
function exchange(
  e: Emission,
  current: readonly (Dealt | undefined)[],
  { unit, distance, end, count }: Round,
): (Dealt | undefined)[] {
  const isLast = 2 * distance === e.lanes;
  return current.map((_, at) => {
    const isOdd = (at & distance) > 0;
    const [x, y] = isOdd ? [current[at - distance], current[at]] : [current[at], current[at + distance]];
    if (x === undefined || (isLast && at >= count)) return undefined;
    const lanes = x.lanes.map((_, lane) => {
      const block = lane - (lane % end);
      const place = 2 * (lane - block - (lane % unit)) + (isOdd ? unit : 0) + (lane % unit);
      const source = block + (place % end);
      return place < end || y === undefined ? x.lanes[source]! : e.lanes + y.lanes[source]!;
    });
    if (y === undefined) return { register: x.register, lanes };
    return { register: permute(e, x.register, y.register, lanes), lanes: identity(e.lanes) };
  });
}

const identity = (lanes: number): number[] => Array.from({ length: lanes }, (_, lane) => lane);

/** The value with each lane in its place. */
function settled(e: Emission, dealt: Dealt | undefined): Dealt | undefined {
  if (dealt === undefined || dealt.lanes.every((lane, at) => lane === at)) return dealt;
  const register = permute(e, dealt.register, undefined, dealt.lanes);
  return { register, lanes: identity(e.lanes) };
}

function permute(e: Emission, x: number, y: number | undefined, lanes: readonly number[]): number {
  const to = e.builder.vector("f32");
  e.builder.emit({ op: "permute", to, x, ...(y === undefined ? {} : { y }), lanes });
  return to;
}
