/**
 * Puts faster algorithms in the place of ops that have one. Results differ by roundings, on all CPU devices alike;
 * gradients have been derived before.
 */
import { type Program, rootsOf } from "../graph/program.ts";
import { rewriteGraph } from "../graph/rewrite-graph.ts";
import { poolBeforeMeans } from "./pool-before-means.ts";

export function chooseAlgorithms(program: Program): Program {
  const chosen = rewriteGraph(rootsOf(program), (node, inputs) => {
    const faster = node.op.faster?.(inputs, node.attributes);
    return faster && [faster];
  });
  const roots = poolBeforeMeans(chosen);
  const names = Object.keys(program.outputs);
  return {
    inputs: program.inputs,
    outputs: Object.fromEntries(names.map((name, at) => [name, roots[at]!])),
    updates: program.updates.map(({ variable }, at) => ({ variable, value: roots[names.length + at]! })),
  };
}
