/**
 * Points of a register tile for which the inner level folds the same elements share its results, as overlapping
 * windows share their rows.
 */
import type { Index } from "../../kernel/index-expression.ts";
import type { Emission, Point } from "./emission.ts";
import { decide } from "./interval.ts";
import { guardsOf } from "./reduction-loops.ts";
import type { Node, NodeReduction } from "./value-graph.ts";

/** For each point the first one whose results of level 0 are the same. */
export function shareResults(e: Emission, points: readonly Point[]): Map<Point, Point> {
  const indices = new Set<Index>();
  for (const reduction of e.graph.reductions[0]!)
    for (const node of nodesOf(reduction)) collectIndices(node, indices);
  const first = new Map<string, Point>();
  const found = new Map<Point, Point>();
  for (const point of points) {
    const open = guardsOf(e, 0).filter((guard) => decide(e, guard, point) !== true);
    const key = [...indices, ...open.map(({ index }) => index)]
      .map((index) => shiftOf(index, point))
      .join(";");
    const known = first.get(key);
    if (known === undefined) first.set(key, point);
    found.set(point, known ?? point);
  }
  return found;
}

function nodesOf(reduction: NodeReduction): Node[] {
  return reduction.op === "argmax" ? [reduction.value, reduction.position] : [reduction.value];
}

function collectIndices(node: Node, found: Set<Index>): void {
  switch (node.kind) {
    case "position":
      found.add(node.index);
      return;
    case "load":
      found.add(node.access.linear);
      for (const { index } of node.conditions) found.add(index);
      for (const { value } of node.access.dynamic) collectIndices(value, found);
      return;
    case "operation":
      for (const operand of node.operands) collectIndices(operand, found);
  }
}

/** How far the index moves from the tile's first point; along an axis with a table only equal offsets are equal. */
function shiftOf({ terms }: Index, { offsets }: Point): string {
  let shift = 0;
  let tables = "";
  for (const term of terms) {
    const offset = offsets[term.axis]!;
    if ("table" in term) tables += `,${term.axis}:${offset}`;
    else shift += term.stride * offset;
  }
  return `${shift}${tables}`;
}
