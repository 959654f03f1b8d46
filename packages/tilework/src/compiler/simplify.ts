/**
 * Rewrites of the tensor program that every device shares, made before gradients are derived.
 *
 * - Equal nodes over equal inputs become one.
 * - A maximum over a window goes before the monotone function that fed it (relu, sigmoid …): the largest of f(x)
 *   is f of the largest x, so f runs on the pooled values only, and its full-resolution result need not exist,
 *   forward or backward. Where f makes ties (relu at 0), its gradient there is 0 on both sides.
 * - A factor that is constant along the axes of a sum goes before it (factor-sums.ts).
 * - What no window reads is not computed (crop-unread.ts).
 */

import { applyOp } from "../graph/define-op.ts";
import { inputOp, readOp } from "../graph/program.ts";
import { rewriteGraph } from "../graph/rewrite-graph.ts";
import type { Node, Value } from "../graph/value.ts";
import { structuralKey } from "../util/structural-key.ts";
import { countUses } from "./count-uses.ts";
import { cropUnread } from "./crop-unread.ts";
import { factorSums } from "./factor-sums.ts";

export function simplify(roots: readonly Value[]): Value[] {
  return shareEqualNodes(factorSums(cropUnread(selectBeforeMonotone(roots))));
}

function selectBeforeMonotone(roots: readonly Value[]): Value[] {
  const uses = countUses(roots);
  return rewriteGraph(roots, (node, inputs) => {
    const [input] = inputs;
    const original = node.inputs[0];
    if (!node.op.selectsLargest || input === undefined || original === undefined) return undefined;
    const fed = input.node;
    if (!fed.op.monotone || uses.get(original) !== 1 || fed.inputs.length !== 1) return undefined;
    const selected = applyOp(node.op, [fed.inputs[0]!], node.attributes);
    selected[0]!.node.origin = node.origin;
    const values = applyOp(fed.op, [selected[0]!], fed.attributes);
    values[0]!.node.origin = fed.origin;
    return [values[0]!, ...selected.slice(1)];
  });
}

function shareEqualNodes(roots: readonly Value[]): Value[] {
  const numbers = new Map<Node, number>();
  const byKey = new Map<string, readonly Value[]>();
  const numberOf = (node: Node): number => {
    const known = numbers.get(node);
    if (known !== undefined) return known;
    numbers.set(node, numbers.size);
    return numbers.size - 1;
  };
  return rewriteGraph(roots, (node, inputs) => {
    if (node.op === inputOp || node.op === readOp) return undefined;
    const from = inputs.map((value) => `${numberOf(value.node)}.${value.slot}`);
    const key = `${node.op.name}(${from.join()})${structuralKey(node.attributes)}`;
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const same = inputs.every((value, at) => value === node.inputs[at]);
    const outputs = same ? node.outputs : applyOp(node.op, inputs, node.attributes);
    if (!same) outputs[0]!.node.origin = node.origin;
    byKey.set(key, outputs);
    return outputs;
  });
}
