/**
 * Values in vector registers. Each node is computed once for each distinct combination of what it depends on
 * (points of the register tile, vector registers), in the outermost scope that its axes allow.
 */
import type { Index } from "../../kernel/index-expression.ts";
import { invariant } from "../../util/errors.ts";
import type { Address } from "../kernel-code.ts";
import type { Scope } from "./code-builder.ts";
import type { Condition } from "./condition.ts";
import type { Emission, Point } from "./emission.ts";
import { emitWhere, integerValue } from "./integer-value.ts";
import { decide } from "./interval.ts";
import { bytesOf } from "./memory-type.ts";
import type { Access, Node } from "./value-graph.ts";

/** The register that holds a node's value at a point of the tile, in vector register `lane` of the tile. */
export function evaluate(e: Emission, node: Node, point: Point, lane: number): number {
  if (node.kind === "accumulator") {
    const result = e.results[node.level]![node.slot]![node.level === 0 ? point.index : point.space]!;
    return result[result.length === 1 ? 0 : lane]!;
  }
  const scope = placeOf(e, node);
  const column = variesByLane(e, node.axes) || node.late ? lane : 0;
  const key = (node.id * 2048 + e.projection(node.axes)[point.index]!) * 32 + column;
  const known = lookUp(e, scope, key);
  if (known !== undefined) return known;
  const current = e.builder.scope;
  e.builder.scope = scope;
  const register = compute(e, node, point, column);
  e.builder.scope = current;
  scope.values.set(key, register);
  return register;
}

export function variesByLane(e: Emission, axes: number): boolean {
  return e.plan.vectorAxis !== undefined && ((axes >> e.plan.vectorAxis) & 1) === 1;
}

/** Values pinned to an inner scope may be found further out, if they were needed there first. */
function lookUp(e: Emission, scope: Scope, key: number): number | undefined {
  const outermost = e.floor.depth;
  for (let at: Scope | undefined = scope; at !== undefined && at.depth >= outermost; at = at.parent) {
    const known = at.values.get(key);
    if (known !== undefined) return known;
  }
  return undefined;
}

function placeOf(e: Emission, node: Node): Scope {
  return node.late || node.guarded ? e.builder.scope : e.scopeOf(node.axes);
}

function compute(e: Emission, node: Node, point: Point, lane: number): number {
  switch (node.kind) {
    case "constant":
      return emitConstant(e, node.type as "f32" | "i32", node.value);
    case "load":
      return emitLoad(e, node, point, lane);
    case "position":
      return indexVector(e, node.index, point, lane);
    case "operation":
      return emitOperation(e, node, point, lane);
    case "accumulator":
      return invariant(false, "accumulators are looked up") as never;
  }
}

export function emitConstant(e: Emission, type: "f32" | "i32", value: number | readonly number[]): number {
  const to = e.builder.vector(type);
  e.builder.emit({ op: "constant", to, type, value });
  return to;
}

function emitOperation(
  e: Emission,
  node: Extract<Node, { kind: "operation" }>,
  point: Point,
  lane: number,
): number {
  const { expression, operands, type } = node;
  const isShift = expression.kind === "binary" && /^sh/.test(expression.op);
  const used = isShift ? operands.slice(0, 1) : operands;
  const registers = used.map((operand) => evaluate(e, operand, point, lane));
  const [x, y, z] = registers as [number, number, number];
  const to = e.builder.vector(type);
  switch (expression.kind) {
    case "unary":
      e.builder.emit({ op: "unary", unary: expression.op, to, x });
      break;
    case "binary":
      e.builder.emit({
        op: "binary",
        binary: expression.op,
        to,
        x,
        y: isShift ? shiftCount(operands[1]!) : y,
      });
      break;
    case "fma":
      e.builder.emit({ op: "fma", to, x, y, z });
      break;
    case "compare": {
      const compared = operands[0]!.type === "f32" ? "f32" : "i32";
      e.builder.emit({ op: "compare", compare: expression.op, type: compared, to, x, y });
      break;
    }
    case "select":
      e.builder.emit({ op: "select", to, condition: x, yes: y, no: z });
      break;
    case "convert":
      e.builder.emit({ op: "convert", convert: expression.op, to, x });
      break;
  }
  return to;
}

function shiftCount(node: Node): number {
  invariant(node.kind === "constant", "a shift needs a constant count");
  return node.value;
}

/** The address of an access at a point, in bytes; along the vector axis, of register `lane`'s first element. */
export function addressOf(e: Emission, access: Access, point: Point, lane: number): Address {
  const { address } = access;
  let { register, offset } = e.pointer(address);
  offset += access.offset - address.minimum;
  point.offsets.forEach((value, axis) => {
    offset += address.strides[axis]! * value;
  });
  const { vectorAxis } = e.plan;
  if (vectorAxis !== undefined) offset += address.strides[vectorAxis]! * lane * e.lanes;
  for (const { axis, table } of address.tables) {
    if (axis === vectorAxis || !e.isTiled(axis)) continue;
    const entry = integerValue(e, { offset: 0, terms: [{ axis, table }] }, point);
    offset += entry.constant;
    if (entry.register !== undefined) register = sum(e, register, entry.register);
  }
  for (const { value, stride, size } of access.dynamic)
    if (isInteger(e, value))
      register = sum(e, register, dynamicOffset(e, value, stride * bytesOf(access.memory), size, point));
  if (offset >= 0) return { base: register, offset };
  const base = e.builder.integerOnce(`offset ${register} ${offset}`, e.builder.scope, (to) => ({
    op: "offset",
    to,
    from: register,
    value: offset,
  }));
  return { base, offset: 0 };
}

/** Whether a run-time index can be read straight into an integer register: an element that all lanes share. */
function isInteger(e: Emission, node: Node): boolean {
  return (
    node.kind === "load" &&
    node.access.memory === "i32" &&
    node.access.dynamic.length === 0 &&
    node.conditions.length === 0 &&
    !variesByLane(e, node.axes)
  );
}

function dynamicOffset(e: Emission, node: Node, stride: number, size: number, point: Point): number {
  invariant(node.kind === "load", "an integer index is a load");
  const { builder } = e;
  const address = addressOf(e, node.access, point, 0);
  const describe = `index ${address.base} ${address.offset} ${size} ${stride}`;
  return builder.integerOnce(describe, builder.scope, (to) => {
    const [index, low, clamped] = [builder.integer(), builder.integer(), builder.integer()];
    builder.emit({ op: "loadInteger", to: index, address });
    builder.emit({ op: "atLeast", to: low, x: index, value: 0 });
    builder.emit({ op: "atMost", to: clamped, x: low, value: size - 1 });
    return { op: "scale", to, x: clamped, value: stride };
  });
}

function sum(e: Emission, x: number, y: number): number {
  return e.builder.integerOnce(`sum ${x} ${y}`, e.builder.scope, (to) => ({ op: "addIntegers", to, x, y }));
}

function emitLoad(e: Emission, node: Extract<Node, { kind: "load" }>, point: Point, lane: number): number {
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

function emitSelect(e: Emission, condition: number, yes: number, no: number): number {
  const to = e.builder.vector(e.builder.vectors[yes]!);
  e.builder.emit({ op: "select", to, condition, yes, no });
  return to;
}

/** A load whose address is affine along the vector axis; others gather. */
function emitPlainLoad(
  e: Emission,
  node: Extract<Node, { kind: "load" }>,
  point: Point,
  lane: number,
): number {
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
function emitGather(e: Emission, node: Extract<Node, { kind: "load" }>, point: Point, lane: number): number {
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

function emitGatherAt(e: Emission, node: Node, address: Address, indices: number, lane: number): number {
  invariant(node.kind === "load", "only loads gather");
  const { memory: type } = node.access;
  const to = e.builder.vector(type === "f32" ? "f32" : "i32");
  const active = e.actives[variesByLane(e, node.axes) ? lane : 0] ?? 1;
  const all = variesByLane(e, node.axes) ? active : e.lanes;
  e.builder.emit({ op: "gather", to, address, indices, type, active: all });
  return to;
}

/** A gather that touches the buffer's own elements only, whatever the indices: for masked lanes. */
function emitClampedGather(
  e: Emission,
  node: Extract<Node, { kind: "load" }>,
  point: Point,
  lane: number,
): number {
  const { access } = node;
  let index = indexVector(e, access.linear, point, lane);
  for (const { value, stride, size } of access.dynamic) {
    const clamped = emitClamp(e, evaluate(e, value, point, lane), size);
    index = emitBinary(e, "add", index, emitBinary(e, "mul", clamped, emitConstant(e, "i32", stride)));
  }
  const address = { base: e.builder.argument(access.address.buffer), offset: 0 };
  return emitGatherAt(e, node, address, emitClamp(e, index, access.elements), lane);
}

/** Into [0, size). */
function emitClamp(e: Emission, x: number, size: number): number {
  const low = emitBinary(e, "max", x, emitConstant(e, "i32", 0));
  return emitBinary(e, "min", low, emitConstant(e, "i32", size - 1));
}

function emitBinary(
  e: Emission,
  binary: "add" | "mul" | "min" | "max" | "and",
  x: number,
  y: number,
): number {
  const to = e.builder.vector(e.builder.vectors[x]!);
  e.builder.emit({ op: "binary", binary, to, x, y });
  return to;
}

/** An affine index as a vector of integers. */
function indexVector(e: Emission, index: Index, point: Point, lane: number): number {
  const { vectorAxis } = e.plan;
  const laneTerms = index.terms.filter((term) => term.axis === vectorAxis);
  const shared = { offset: index.offset, terms: index.terms.filter((term) => term.axis !== vectorAxis) };
  const tile = vectorAxis === undefined ? -1 : e.frameOf(vectorAxis);
  const startTerms = tile < 0 ? [] : laneTerms.filter((term) => !("table" in term));
  const value = integerValue(e, { ...shared, terms: [...shared.terms, ...startTerms] }, point);
  const parts: number[] = [];
  if (value.register !== undefined) {
    const to = e.builder.vector("i32");
    e.builder.emit({ op: "splatInteger", to, from: value.register });
    parts.push(to);
  }
  const strides = laneTerms.reduce((sum, term) => sum + ("table" in term ? 0 : term.stride), 0);
  if (strides !== 0) parts.push(emitConstant(e, "i32", ramp(e, strides, lane, value.constant)));
  else if (value.constant !== 0 || parts.length === 0) parts.push(emitConstant(e, "i32", value.constant));
  const tables = laneTerms.filter((term) => "table" in term);
  if (tables.length > 0) parts.push(laneVector(e, tables, lane));
  return parts.reduce((x, y) => emitBinary(e, "add", x, y));
}

function ramp(e: Emission, stride: number, lane: number, start: number): number[] {
  return Array.from({ length: e.lanes }, (_, at) => (start + stride * (lane * e.lanes + at)) | 0);
}

/** Σ stride·(element of the tile) + Σ table[axis] along the vector axis. */
function laneVector(e: Emission, terms: Index["terms"], lane: number): number {
  const axis = e.plan.vectorAxis!;
  const stride = terms.reduce((sum, term) => sum + ("table" in term ? 0 : term.stride), 0);
  const parts: number[] = [];
  if (stride !== 0) parts.push(emitConstant(e, "i32", ramp(e, stride, lane, 0)));
  for (const term of terms) {
    if (!("table" in term)) continue;
    const base = e.builder.table(term.table);
    const start = integerValue(e, { offset: lane * e.lanes, terms: [{ axis, stride: 4 }] }, NO_POINT);
    const to = e.builder.vector("i32");
    const offset = start.constant - lane * e.lanes + 4 * lane * e.lanes;
    const address = start.register === undefined ? { base, offset } : { base, index: start.register, offset };
    e.builder.emit({ op: "load", to, address, type: "i32", active: e.actives[lane] ?? 1 });
    parts.push(to);
  }
  return parts.reduce((x, y) => emitBinary(e, "add", x, y));
}

const NO_POINT: Point = { index: 0, space: 0, window: 0, offsets: [] };

/** The lanes in which all conditions hold. */
export function emitMask(e: Emission, conditions: readonly Condition[], point: Point, lane: number): number {
  const masks = conditions.flatMap(({ index, size }) => {
    const x = indexVector(e, index, point, lane);
    return [emitCompare(e, "ge", x, 0), emitCompare(e, "lt", x, size)];
  });
  return masks.reduce((x, y) => emitBinary(e, "and", x, y));
}

function emitCompare(e: Emission, compare: "ge" | "lt" | "ne", x: number, than: number): number {
  const to = e.builder.vector("mask");
  e.builder.emit({ op: "compare", compare, type: "i32", to, x, y: emitConstant(e, "i32", than) });
  return to;
}

/** The lanes below `active`. */
export function emitActiveMask(e: Emission, active: number): number {
  const lanes = Array.from({ length: e.lanes }, (_, lane) => (lane < active ? 1 : 0));
  return emitCompare(e, "ne", emitConstant(e, "i32", lanes), 0);
}
