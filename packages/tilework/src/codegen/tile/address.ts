/** Where an access of the nest lies. */
import { invariant } from "../../util/errors.ts";
import type { Address } from "../kernel-code.ts";
import type { Emission, Point } from "./emission.ts";
import { integerValue } from "./integer-value.ts";
import { variesByLane } from "./lane-vector.ts";
import { bytesOf } from "./memory-type.ts";
import type { Access, Node } from "./value-graph.ts";

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
export function isInteger(e: Emission, node: Node): boolean {
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
