/**
 * A reduction axis and the tile's rows that move through memory alike: row r at tap t reads what row r + 1 reads at
 * tap t - 1. Taken in the order of what they read (r + t ascending, which leaves each row's taps in their order), rows
 * share their loads while these are in registers.
 */
import type { Emission } from "./emission.ts";
import type { Node, NodeReduction } from "./value-graph.ts";

export interface Skew {
  readonly axis: number;
  readonly row: number;
  /** Taps by which the next row reads further on. */
  readonly step: number;
}

type LoadNode = Extract<Node, { kind: "load" }>;

/**
 * The skew of a nest's only level, innermost axis first; undefined where rows share nothing, where each load is used
 * just once, as an instruction's operand in memory, or where registers are few.
 */
export function skewOf(e: Emission, axes: readonly number[]): Skew | undefined {
  const [row, ...others] = e.plan.rows;
  const [level] = e.nest.levels;
  if (e.scheduled.target.printer === "wasm") return undefined;
  if (row === undefined || others.length > 0 || e.nest.levels.length !== 1 || level!.lanes) return undefined;
  const reductions = e.graph.reductions[0]!;
  if (reductions.some(isPlain)) return undefined;
  const loads = new Set<LoadNode>();
  for (const reduction of reductions) for (const node of valuesOf(reduction)) collectLoads(node, loads);
  for (const axis of axes.toReversed()) {
    const step = stepOf([...loads], axis, row.axis);
    if (step !== undefined) return { axis, row: row.axis, step };
  }
  return undefined;
}

function valuesOf(reduction: NodeReduction): Node[] {
  return reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value];
}

function isPlain({ op, value }: NodeReduction): boolean {
  if (value.kind !== "operation") return true;
  return op === "add" && value.expression.kind === "binary" && value.expression.op === "mul";
}

function collectLoads(node: Node, found: Set<LoadNode>): void {
  if (node.kind === "load") found.add(node);
  else if (node.kind === "operation") for (const operand of node.operands) collectLoads(operand, found);
}

function stepOf(loads: readonly LoadNode[], axis: number, row: number): number | undefined {
  let common: number | undefined;
  for (const { access, fill } of loads) {
    const { strides, tables } = access.address;
    if (fill !== undefined || access.dynamic.length > 0) return undefined;
    if (tables.some((term) => term.axis === axis || term.axis === row)) return undefined;
    if (strides[axis] === 0 && strides[row] === 0) continue;
    const step = strides[row]! / strides[axis]!;
    if (!Number.isInteger(step) || step < 1 || (common !== undefined && common !== step)) return undefined;
    common = step;
  }
  return common;
}
