/** Loads: contiguous, broadcast, strided or gathered, with a fill value where they may leave the buffer. */
import type { Address } from "../kernel-code.ts";
import { addressOf, isInteger } from "./address.ts";
import type { Emission, Point } from "./emission.ts";
import { emitBinary, emitClamp, emitConstant, emitSelect } from "./emit-value.ts";
import { evaluate } from "./evaluate.ts";
import { emitWhere } from "./integer-value.ts";
import { decide } from "./interval.ts";
import { emitMask, indexVector, laneVector, variesByLane } from "./lane-vector.ts";
import { bytesOf } from "./memory-type.ts";
import type { Node } from "./value-graph.ts";

type LoadNode = Extract<Node, { kind: "load" }>;

/** The loaded value in a register. */
export function emitLoad(e: Emission, node: LoadNode, point: Point, lane: number): number {
  const { access, fill } = node;
  if (fill === undefined) {
    const open = e.laneGuarded && node.conditions.length > 0;
    return open ? emitClampedGather(e, node, point, lane) : emitPlainLoad(e, node, point, lane);
  }
  const column = variesByLane(e, node.axes) ? lane : undefined;
  const decisions = node.conditions.map((condition) => decide(e, condition, point, column));
  if (decisions.includes(false)) return emitFill(e, node, fill);
  const open = node.conditions.filter((_, at) => decisions[at] === undefined);
  if (open.length === 0) return emitPlainLoad(e, node, point, lane);
  if (open.some((condition) => variesByLane(e, condition.axes))) {
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

/** A load whose address is affine along the vector axis; others gather. */
function emitPlainLoad(e: Emission, node: LoadNode, point: Point, lane: number): number {
  const { access } = node;
  const { vectorAxis } = e.plan;
  const { address, memory: type } = access;
  if (
    access.dynamic.some(({ value }) => !isInteger(e, value)) ||
    address.tables.some(({ axis }) => axis === vectorAxis)
  )
    return emitGather(e, node, point, lane);
  const to = e.builder.vector(type === "f32" ? "f32" : "i32");
  const at = addressOf(e, access, point, lane);
  const stride = vectorAxis === undefined ? 0 : address.strides[vectorAxis]!;
  const active = e.actives[lane] ?? 1;
  if (stride === 0) e.builder.emit({ op: "splat", to, address: at, type });
  else if (stride === bytesOf(type)) e.builder.emit({ op: "load", to, address: at, type, active });
  else e.builder.emit({ op: "loadStrided", to, address: at, stride, type, active });
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
