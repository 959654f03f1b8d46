/** One step of a reduction, on registers. The rules (NaN, ties, fused products) are those of kernel/nest.ts. */
import type { Emission, Point } from "./emission.ts";
import { emitConstant } from "./emit-value.ts";
import { evaluate } from "./evaluate.ts";
import type { Node, NodeReduction } from "./value-graph.ts";

/** The registers of one result: its slots, and for argmax whether an element has been taken (where unknown). */
export interface Accumulator {
  readonly slots: readonly number[];
  readonly started?: number | undefined;
}

/** The value that a reduction starts from. */
export function startValue({ op, value }: NodeReduction): number {
  if (op === "add") return 0;
  if (value.type === "i32") return op === "min" ? 0x7fffffff : -0x80000000;
  return op === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** Folds the reduction's value at a point into the accumulator, in the lanes of `mask` (all without one). */
export function accumulate(
  e: Emission,
  reduction: NodeReduction,
  into: Accumulator,
  point: Point,
  lane: number,
  mask: number | undefined,
): void {
  const [slot, positionSlot] = into.slots as [number, number];
  if (reduction.op === "add" && isProduct(reduction.value)) {
    accumulateProduct(e, reduction.value, slot, point, lane, mask);
    return;
  }
  const chosen = mask === undefined ? choiceOf(reduction) : undefined;
  if (chosen !== undefined) {
    const [condition, y] = chosen.map((node) => evaluate(e, node, point, lane)) as [number, number];
    e.builder.emit({ op: "addWhere", to: slot, x: slot, y, condition });
    return;
  }
  const x = evaluate(e, reduction.value, point, lane);
  if (reduction.op === "argmax") {
    const position = evaluate(e, reduction.position, point, lane);
    foldArgmax(e, { slot, positionSlot, started: into.started }, x, position, mask);
  } else fold(e, reduction.op, slot, x, mask);
}

type Product = Extract<Node, { kind: "operation" }>;

function accumulateProduct(
  e: Emission,
  { operands }: Product,
  slot: number,
  point: Point,
  lane: number,
  mask: number | undefined,
): void {
  const [x, y] = operands.map((operand) => evaluate(e, operand, point, lane)) as [number, number];
  if (e.scheduled.target.fused) {
    const to = target(e, slot, mask);
    e.builder.emit({ op: "fma", to, x, y, z: slot });
    settle(e, slot, to, mask);
  } else {
    const product = e.builder.vector("f32");
    e.builder.emit({ op: "binary", binary: "mul", to: product, x, y });
    fold(e, "add", slot, product, mask);
  }
}

/**
 * What a sum adds and where, if that is nothing elsewhere: leaving the sum as it is there is adding 0, for a sum that
 * started from 0 is never -0.
 */
function choiceOf({ op, value }: NodeReduction): readonly [condition: Node, value: Node] | undefined {
  if (op !== "add" || value.kind !== "operation" || value.type !== "f32") return undefined;
  if (value.expression.kind !== "select") return undefined;
  const [condition, yes, no] = value.operands as [Node, Node, Node];
  return no.kind === "constant" && Object.is(no.value, 0) ? [condition, yes] : undefined;
}

function isProduct(node: Node): node is Product {
  return (
    node.kind === "operation" &&
    node.type === "f32" &&
    node.expression.kind === "binary" &&
    node.expression.op === "mul"
  );
}

/** slot = op(slot, x) in the lanes of the mask. */
export function fold(
  e: Emission,
  op: "add" | "max" | "min",
  slot: number,
  x: number,
  mask: number | undefined,
): void {
  const to = target(e, slot, mask);
  if (op === "add" || e.builder.vectors[slot] === "i32")
    e.builder.emit({ op: "binary", binary: op, to, x: slot, y: x });
  else {
    e.builder.emit({ op: "binary", binary: op, to, x: slot, y: x });
    e.builder.emit({ op: "keepNan", to, x: to, from: x });
  }
  settle(e, slot, to, mask);
}

function foldArgmax(
  e: Emission,
  into: { readonly slot: number; readonly positionSlot: number; readonly started: number | undefined },
  x: number,
  position: number,
  mask: number | undefined,
): void {
  const { slot, positionSlot, started } = into;
  if (comparesBits(e) && started === undefined && mask === undefined) {
    foldByBits(e, slot, positionSlot, x, position);
    return;
  }
  const notGreater = emitCompare(e, "le", x, slot);
  let keep = emitMaskOp(e, "or", notGreater, emitCompare(e, "ne", slot, slot));
  if (started !== undefined) {
    const has = e.builder.vector("mask");
    const zero = emitConstant(e, "i32", 0);
    e.builder.emit({ op: "compare", compare: "ne", type: "i32", to: has, x: started, y: zero });
    keep = emitMaskOp(e, "and", keep, has);
    const now = target(e, started, mask);
    e.builder.emit({ op: "constant", to: now, type: "i32", value: 1 });
    settle(e, started, now, mask);
  }
  const value = target(e, slot, mask);
  e.builder.emit({ op: "select", to: value, condition: keep, yes: slot, no: x });
  settleNan(e, value, x);
  settle(e, slot, value, mask);
  const where = target(e, positionSlot, mask);
  e.builder.emit({ op: "select", to: where, condition: keep, yes: positionSlot, no: position });
  settle(e, positionSlot, where, mask);
}

/**
 * The larger value replaces the slot, and where that changes its bits, the position changes too: a processor with
 * opmasks compares once in place of twice. A NaN stays as it is: all of them have the same bits here.
 */
function foldByBits(e: Emission, slot: number, positionSlot: number, x: number, position: number): void {
  const bits = (): number => {
    const to = e.builder.vector("i32");
    e.builder.emit({ op: "convert", convert: "bitsFromF32", to, x: slot });
    return to;
  };
  const before = bits();
  fold(e, "max", slot, x, undefined);
  const changed = e.builder.vector("mask");
  e.builder.emit({ op: "compare", compare: "ne", type: "i32", to: changed, x: bits(), y: before });
  e.builder.emit({ op: "select", to: positionSlot, condition: changed, yes: position, no: positionSlot });
}

function comparesBits(e: Emission): boolean {
  return e.lanes === 16;
}

/** Gives what an argmax takes over from `x` the bits that all NaNs have where bits are compared. */
export function settleNan(e: Emission, to: number, x: number): void {
  if (comparesBits(e)) e.builder.emit({ op: "keepNan", to, x: to, from: x });
}

function target(e: Emission, slot: number, mask: number | undefined): number {
  return mask === undefined ? slot : e.builder.vector(e.builder.vectors[slot]!);
}

function settle(e: Emission, slot: number, value: number, mask: number | undefined): void {
  if (mask !== undefined) e.builder.emit({ op: "select", to: slot, condition: mask, yes: value, no: slot });
}

function emitCompare(e: Emission, compare: "le" | "ne", x: number, y: number): number {
  const to = e.builder.vector("mask");
  e.builder.emit({ op: "compare", compare, type: "f32", to, x, y });
  return to;
}

function emitMaskOp(e: Emission, binary: "and" | "or", x: number, y: number): number {
  const to = e.builder.vector("mask");
  e.builder.emit({ op: "binary", binary, to, x, y });
  return to;
}
