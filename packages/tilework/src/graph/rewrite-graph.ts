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
  for (const node of nodesOf(roots)) {
    const inputs = node.inputs.map(current);
    const changed = rule(node, inputs) ?? rebuilt(node, inputs);
    node.outputs.forEach((output, slot) => {
      if (changed[slot] !== output) replaced.set(output, changed[slot]!);
    });
  }
  return roots.map(current);
}

function rebuilt(node: Node, inputs: readonly Value[]): readonly Value[] {
  if (inputs.every((value, at) => value === node.inputs[at])) return node.outputs;
  const outputs = applyOp(node.op, inputs, node.attributes);
  outputs[0]!.node.origin = node.origin;
  return outputs;
}
