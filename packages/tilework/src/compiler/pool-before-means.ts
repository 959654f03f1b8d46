/**
 * The mean of images that are computed tile by tile is the mean of their tiles' means. These are found where a tile's
 * results are, in registers; results that nobody else needs then never reach memory. Results differ by roundings, on
 * all CPU devices alike.
 */
import { applyOp } from "../graph/define-op.ts";
import { nodesOf } from "../graph/program.ts";
import { rewriteGraph } from "../graph/rewrite-graph.ts";
import type { Node, Value } from "../graph/value.ts";
import { averagePool } from "../ops/pooling/average-pool.ts";
import { sameShape } from "../tensor/shape.ts";

export function poolBeforeMeans(roots: readonly Value[]): Value[] {
  return rewriteGraph(roots, ({ op, attributes }, [images]) => {
    const axes = op.isMean ? op.summedAxes?.(attributes) : undefined;
    const window = axes && tileOf(images!);
    if (window === undefined || !window.every((_, axis) => axes!.includes(axis + 1))) return undefined;
    return applyOp(op, [averagePool(images!, { window })], attributes);
  });
}

/** The tiles that a value is computed in, by elementwise work of one large operand on each tile's results at most. */
function tileOf(value: Value): readonly number[] | undefined {
  const others: Value[] = [];
  let { node } = value;
  while (node.op.tile === undefined) {
    if (!isElementwise(node)) return undefined;
    const large = node.inputs.filter((input) => sameShape(input.shape, value.shape));
    if (large.length !== 1) return undefined;
    others.push(...node.inputs.filter((input) => input !== large[0]));
    node = large[0]!.node;
  }
  return nodesOf(others).includes(node) ? undefined : node.op.tile(node.attributes);
}

function isElementwise({ op }: Node): boolean {
  return op.monotone === true || op.algebra !== undefined;
}
