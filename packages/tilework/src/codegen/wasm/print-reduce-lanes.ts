/**
 * Combines 16 virtual lanes, four registers, by the tree of nest.ts: l with l+8, l+4, l+2, l+1. The earlier lane
 * is always the left operand, so that the first of equals (0 and -0) stays.
 */

import { invariant } from "../../util/errors.ts";
import type { VectorStatement } from "../kernel-code.ts";
import type { KernelWriter } from "./kernel-writer.ts";

type ReduceLanes = Extract<VectorStatement, { op: "reduceLanes" }>;

export function pushReducedLanes(writer: KernelWriter, { reduce, to, from }: ReduceLanes): void {
  invariant(from.length === 4, `reduceLanes needs 4 registers, not ${from.length}`);
  const { out } = writer;
  const lanes = from.map((register) => {
    const local = out.local("v128");
    writer.getVector(register);
    out.set(local);
    return local;
  });
  const integers = writer.typeOf(to) === "i32";
  const combine = (left: number, right: number): number => {
    if (reduce === "add") pushSum(writer, left, right, integers);
    else if (integers) pushIntegerExtreme(writer, left, right, reduce);
    else pushExtreme(writer, left, right, reduce);
    const combined = out.local("v128");
    out.set(combined);
    return combined;
  };
  const halves = combine(combine(lanes[0]!, lanes[2]!), combine(lanes[1]!, lanes[3]!));
  const quarters = combine(halves, rotated(writer, halves, 2));
  const first = combine(quarters, rotated(writer, quarters, 1));
  pushLanes(writer, first, [0, 0, 0, 0]);
}

function pushSum(writer: KernelWriter, left: number, right: number, integers: boolean): void {
  writer.out.get(left);
  writer.out.get(right);
  writer.out.simd(integers ? "i32x4.add" : "f32x4.add");
}

function pushIntegerExtreme(writer: KernelWriter, left: number, right: number, reduce: "max" | "min"): void {
  writer.out.get(left);
  writer.out.get(right);
  writer.out.simd(reduce === "max" ? "i32x4.max_s" : "i32x4.min_s");
}

/** The right one where it is beyond the left one or NaN, else the left one: a NaN on either side comes out. */
function pushExtreme(writer: KernelWriter, left: number, right: number, reduce: "max" | "min"): void {
  const { out } = writer;
  out.get(right);
  out.get(left);
  out.get(right);
  out.get(left);
  out.simd(reduce === "max" ? "f32x4.gt" : "f32x4.lt");
  out.get(right);
  out.get(right);
  out.simd("f32x4.ne");
  out.simd("v128.or");
  out.simd("v128.bitselect");
}

/** A local whose lane l is lane l + distance. */
function rotated(writer: KernelWriter, local: number, distance: number): number {
  const target = writer.out.local("v128");
  pushLanes(
    writer,
    local,
    [0, 1, 2, 3].map((lane) => (lane + distance) % 4),
  );
  writer.out.set(target);
  return target;
}

function pushLanes(writer: KernelWriter, local: number, lanes: readonly number[]): void {
  writer.out.get(local);
  writer.out.get(local);
  writer.out.simd("i8x16.shuffle", ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)));
}
