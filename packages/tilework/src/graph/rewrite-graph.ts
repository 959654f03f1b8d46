/** Rebuilding a graph with some nodes changed. Nodes that nothing changes stay the same objects. */
import { applyOp } from "./define-op.ts";
import { nodesOf } from "./program.ts";
import type { Node, Value } from "./value.ts";

/** A node's values over the new inputs; undefined to keep the node as it is. */
export type RewriteRule = (node: Node, inputs: readonly Value[]) => readonly Value[] | undefined;

/** The roots after every node, producers first, went through the rule. */
export function rewriteGraph(roots: readonly Value[], rule: RewriteRule): Value[] {
  const replaced = new Map<Value, Value>();
  const current = (value: Value): Value => replaced.get(value) ?? value;
  const nodes = nodesOf(roots);
  const known = new Set(nodes);
  for (const node of nodes) {
    const inputs = node.inputs.map(current);
    const changed = rule(node, inputs) ?? rebuilt(node, inputs);
    nameOrigin(changed, node, known);
    node.outputs.forEach((output, slot) => {
      if (changed[slot] !== output) replaced.set(output, changed[slot]!);
    });
  }
  return roots.map(current);
}

function rebuilt(node: Node, inputs: readonly Value[]): readonly Value[] {
  if (inputs.every((value, at) => value === node.inputs[at])) return node.outputs;
  return applyOp(node.op, inputs, node.attributes);
}

/** Names the layer of the nodes that a rule made on the way to its values; those in `known` were there before. */
function nameOrigin(values: readonly Value[], { origin, group }: Node, known: Set<Node>): void {
  const stack = values.map((value) => value.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (known.has(node)) continue;
    known.add(node);
    node.origin ??= origin;
    if (node.origin === origin) node.group ??= group;
    for (const input of node.inputs) stack.push(input.node);
  }
}
