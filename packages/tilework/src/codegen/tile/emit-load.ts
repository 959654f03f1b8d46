/** Loads: contiguous, broadcast, strided or gathered, with a fill value where they may leave the buffer. */
import type { Address, MemoryType } from "../kernel-code.ts";
import { addressOf, isInteger } from "./address.ts";
import type { Scope } from "./code-builder.ts";
import type { Emission, Point } from "./emission.ts";
import { emitBlend, emitLanes, moved, type Siblings } from "./emit-lanes.ts";
import { emitTransposed } from "./emit-transposed.ts";
import { emitBinary, emitClamp, emitConstant, emitSelect } from "./emit-value.ts";
import { evaluate } from "./evaluate.ts";
import { emitWhere } from "./integer-value.ts";
import { decide } from "./interval.ts";
import { laneOffsets, lanesWhere } from "./lane-offsets.ts";
import { emitMask, indexVector, laneVector, variesByLane } from "./lane-vector.ts";
import { bytesOf } from "./memory-type.ts";
import type { AddressClass, Node } from "./value-graph.ts";

type LoadNode = Extract<Node, { kind: "load" }>;

/** The loaded value in a register. */
export function emitLoad(e: Emission, node: LoadNode, point: Point, lane: number): number {
  const { access, fill } = node;
  if (fill === undefined) {
    const open = e.laneGuarded && node.conditions.length > 0;
    if (!open) return emitPlainLoad(e, node, point, lane);
    return emitWhereInside(e, node, point, lane) ?? emitClampedGather(e, node, point, lane);
  }
  const column = variesByLane(e, node.axes) ? lane : undefined;
  const decisions = node.conditions.map((condition) => decide(e, condition, point, column));
  if (decisions.includes(false)) return emitFill(e, node, fill);
  const open = node.conditions.filter((_, at) => decisions[at] === undefined);
  if (open.length === 0) return emitPlainLoad(e, node, point, lane);
  if (open.some((condition) => variesByLane(e, condition.axes))) {
    const known = emitWhereInside(e, node, point, lane, fill);
    if (known !== undefined) return known;
    const mask = emitMask(e, open, point, lane);
    return emitSelect(e, mask, emitClampedGather(e, node, point, lane), emitFill(e, node, fill));
  }
  const to = e.builder.vector(access.memory === "f32" ? "f32" : "i32");
  emitWhere(
    e,
    open,
    point,
    () => e.builder.emit({ op: "move", to, from: emitPlainLoad(e, node, point, lane) }),
    () => e.builder.emit({ op: "move", to, from: emitFill(e, node, fill) }),
  );
  return to;
}

function emitFill(e: Emission, node: Node, fill: number): number {
  return emitConstant(e, node.type as "f32" | "i32", fill);
}

/**
 * The elements of the lanes that are known to lie inside the buffer; the others get the fill, or anything. Undefined
 * where that is not known here, or takes more than a few loads.
 */
function emitWhereInside(
  e: Emission,
  node: LoadNode,
  point: Point,
  lane: number,
  fill?: number,
): number | undefined {
  const { access, conditions } = node;
  if (hasVectorIndex(e, access)) return undefined;
  const inside = lanesWhere(e, conditions, point, lane);
  const offsets = laneOffsets(e, access.address, lane);
  if (inside === undefined || offsets === undefined) return undefined;
  if (!inside.includes(true)) return emitFill(e, node, fill ?? 0);
  const wanted = offsets.map((offset, at) => (inside[at] ? offset : undefined));
  const elements = emitLanes(e, {
    address: addressOf(e, access, point, 0),
    type: access.memory,
    offsets: wanted,
  });
  if (elements === undefined || fill === undefined) return elements;
  return emitBlend(e, elements, emitFill(e, node, fill), inside);
}

/** Whether an index differs from lane to lane in a way that only a register tells. */
function hasVectorIndex(e: Emission, { dynamic }: LoadNode["access"]): boolean {
  return dynamic.some(({ value }) => !isInteger(e, value));
}

/** A load whose lanes lie at distances that are known here; others gather. */
function emitPlainLoad(e: Emission, node: LoadNode, point: Point, lane: number): number {
  const { access } = node;
  const { vectorAxis } = e.plan;
  const { address, memory: type } = access;
  const turned = emitTransposed(e, node, point, lane);
  if (turned !== undefined) return turned;
  const isAffine = address.pattern === undefined;
  const isRow = isAffine && isPlainStride(e, address, type);
  const offsets = isRow && address.tables.length === 0 ? [] : laneOffsets(e, address, lane);
  if (hasVectorIndex(e, access) || offsets === undefined) return emitGather(e, node, point, lane);
  if (!isRow) {
    const active = offsets.slice(0, e.actives[lane]);
    const elements = isUniform(active)
      ? undefined
      : emitLanes(e, {
          address: addressOf(e, access, point, 0),
          type,
          offsets: active,
          ...(isAffine ? { most: (active.length + 1) >> 1 } : {}),
          ...siblingsOf(e, node, point),
        });
    if (elements !== undefined) return elements;
  }
  if (!isAffine) return emitApart(e, access, offsets, point, lane);
  const at = addressOf(e, access, point, lane);
  const stride = vectorAxis === undefined ? 0 : address.strides[vectorAxis]!;
  const active = e.actives[lane] ?? 1;
  if (!e.builder.sharing) return emitAt(e, at, { type, stride, active });
  const describe = `${type} ${at.base} ${at.index} ${at.offset} ${stride} ${active}`;
  return e.builder.vectorOnce(describe, () => emitAt(e, at, { type, stride, active }));
}

function emitAt(
  e: Emission,
  at: Address,
  { type, stride, active }: { readonly type: MemoryType; readonly stride: number; readonly active: number },
): number {
  const to = e.builder.vector(type === "f32" ? "f32" : "i32");
  if (stride === 0) e.builder.emit({ op: "splat", to, address: at, type });
  else if (stride === bytesOf(type)) e.builder.emit({ op: "load", to, address: at, type, active });
  else e.builder.emit({ op: "loadStrided", to, address: at, stride, type, active });
  return to;
}

const MOST_SIBLINGS = 16;

/**
 * How far rows of the tile and iterations written out beside this one move the load, along axes of which none of its
 * conditions tells: all that they read lies in the buffer.
 */
function siblingsOf(e: Emission, { access, conditions }: LoadNode, point: Point): { siblings?: Siblings } {
  let distances = [0];
  let scope: Scope | undefined;
  for (const { axis } of e.plan.rows) {
    const stride = access.address.strides[axis]!;
    const count = e.extents.get(axis) ?? 1;
    const isFree = conditions.every(({ axes }) => ((axes >> axis) & 1) === 0);
    const isNear = Math.abs(stride) * distances.length * count < e.lanes * bytesOf(access.memory);
    if (stride === 0 || count === 1 || !isFree || !isNear) continue;
    if (access.address.tables.some((term) => term.axis === axis)) continue;
    const first = -point.offsets[axis]!;
    distances = Array.from({ length: count }, (_, row) => (first + row) * stride).flatMap((far) =>
      distances.map((near) => near + far),
    );
    scope = e.builder.scope;
  }
  for (let at = e.frames.length - 1; at >= 0; at--) {
    const { axis, siblings, before } = e.frames[at]!;
    if (siblings === undefined) break;
    const stride = access.address.strides[axis]!;
    const isFree = conditions.every(({ axes }) => ((axes >> axis) & 1) === 0);
    if (stride === 0 || siblings.count === 1) continue;
    if (!isFree || access.address.tables.some((term) => term.axis === axis)) break;
    const { first, count } = siblings;
    if (distances.length * count > MOST_SIBLINGS) break;
    distances = Array.from({ length: count }, (_, step) => (first + step) * stride).flatMap((far) =>
      distances.map((near) => near + far),
    );
    scope = before;
  }
  return scope === undefined ? {} : { siblings: { distances, scope } };
}

function isPlainStride({ plan }: Emission, { strides }: AddressClass, type: MemoryType): boolean {
  const stride = plan.vectorAxis === undefined ? 0 : strides[plan.vectorAxis]!;
  return stride === 0 || stride === bytesOf(type);
}

const isUniform = (offsets: readonly number[]): boolean => offsets.every((offset) => offset === offsets[0]);

/** Lanes that all have one element, or lie too far apart for whole vectors. */
function emitApart(
  e: Emission,
  access: LoadNode["access"],
  offsets: readonly number[],
  point: Point,
  lane: number,
): number {
  const { memory: type } = access;
  const start = addressOf(e, access, point, 0);
  const active = e.actives[lane] ?? 1;
  const own = offsets.slice(0, active);
  const to = e.builder.vector(type === "f32" ? "f32" : "i32");
  if (isUniform(own)) e.builder.emit({ op: "splat", to, address: moved(e, start, own[0]!), type });
  else {
    const elements = Array.from({ length: e.lanes }, (_, at) => (own[at] ?? 0) / bytesOf(type));
    const indices = emitConstant(e, "i32", elements);
    e.builder.emit({ op: "gather", to, address: start, indices, type, active });
  }
  return to;
}

/** Each lane at its own index; the part that all lanes share stays in the address. */
function emitGather(e: Emission, node: LoadNode, point: Point, lane: number): number {
  const { access } = node;
  const { vectorAxis } = e.plan;
  const laneTerms = access.linear.terms.filter((term) => term.axis === vectorAxis);
  let indices: number | undefined;
  const add = (x: number): void => {
    indices = indices === undefined ? x : emitBinary(e, "add", indices, x);
  };
  if (laneTerms.length > 0) add(laneVector(e, laneTerms, lane));
  for (const { value, stride, size } of access.dynamic) {
    if (isInteger(e, value)) continue;
    const index = emitClamp(e, evaluate(e, value, point, lane), size);
    add(stride === 1 ? index : emitBinary(e, "mul", index, emitConstant(e, "i32", stride)));
  }
  const shared = addressOf(e, access, point, 0);
  return emitGatherAt(e, node, shared, indices!, lane);
}

function emitGatherAt(e: Emission, node: LoadNode, address: Address, indices: number, lane: number): number {
  const { memory: type } = node.access;
  const to = e.builder.vector(type === "f32" ? "f32" : "i32");
  const active = e.actives[variesByLane(e, node.axes) ? lane : 0] ?? 1;
  const all = variesByLane(e, node.axes) ? active : e.lanes;
  e.builder.emit({ op: "gather", to, address, indices, type, active: all });
  return to;
}

/** A gather that touches the buffer's own elements only, whatever the indices: for masked lanes. */
function emitClampedGather(e: Emission, node: LoadNode, point: Point, lane: number): number {
  const { access } = node;
  let index = indexVector(e, access.linear, point, lane);
  for (const { value, stride, size } of access.dynamic) {
    const clamped = emitClamp(e, evaluate(e, value, point, lane), size);
    index = emitBinary(e, "add", index, emitBinary(e, "mul", clamped, emitConstant(e, "i32", stride)));
  }
  const address = { base: e.builder.argument(access.address.buffer), offset: 0 };
  return emitGatherAt(e, node, address, emitClamp(e, index, access.elements), lane);
}
