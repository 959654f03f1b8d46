/**
 * The graph between a model's inputs and outputs, in Keras's order.
 *
 * Keras counts a node's depth from the outputs and lists layers by falling depth, within one depth in the order in
 * which a depth-first walk from the outputs meets them (`keras/src/ops/function.py`). Summary, weights and files
 * follow that order, so it is kept exactly.
 */

import { ArgumentError } from "../../util/errors.ts";
import type { KerasTensor, LayerNode } from "../layers/keras-tensor.ts";
import type { Layer } from "../layers/layer.ts";

export interface Graph {
  readonly inputs: readonly KerasTensor[];
  readonly outputs: readonly KerasTensor[];
  /** Every call between inputs and outputs, producers first. */
  readonly nodes: readonly LayerNode[];
  /** The same calls, grouped by falling depth. */
  readonly nodesByDepth: readonly (readonly LayerNode[])[];
  /** Every layer once, input layers among them. */
  readonly layers: readonly Layer[];
}

export function graphOf(inputs: readonly KerasTensor[], outputs: readonly KerasTensor[]): Graph {
  const { nodes, visited } = walk(inputs, outputs);
  const nodeDepths = depthsOf(nodes);
  const layerDepths = new Map<Layer, number>();
  for (const [node, depth] of nodeDepths)
    layerDepths.set(node.layer, Math.max(depth, layerDepths.get(node.layer) ?? 0));
  for (const { producer } of inputs) {
    const isSource = producer.inputs.length === 0;
    if (!isSource || layerDepths.has(producer.layer)) continue;
    layerDepths.set(producer.layer, 0);
    nodeDepths.set(producer, 0);
    visited.set(producer.layer, -1);
  }
  const layers = [...layerDepths.keys()].sort(
    (a, b) => layerDepths.get(b)! - layerDepths.get(a)! || visited.get(a)! - visited.get(b)!,
  );
  checkNames(layers);
  const nodesByDepth = groupByDepth(nodeDepths);
  return { inputs, outputs, nodes: nodesByDepth.flat(), nodesByDepth, layers };
}

interface Walk {
  /** Producers first. */
  readonly nodes: LayerNode[];
  /** When each layer was first met. */
  readonly visited: Map<Layer, number>;
}

function walk(inputs: readonly KerasTensor[], outputs: readonly KerasTensor[]): Walk {
  const given = new Set(inputs);
  const nodes: LayerNode[] = [];
  const seen = new Set<LayerNode>();
  const visited = new Map<Layer, number>();
  const stack: { node: LayerNode; next: number }[] = [];
  const enter = (tensor: KerasTensor): void => {
    const node = tensor.producer;
    const isSource = node.inputs.length === 0;
    if (isSource && !given.has(tensor)) throw disconnected(tensor, inputs);
    if (seen.has(node) || (given.has(tensor) && !isSource)) return;
    seen.add(node);
    if (!visited.has(node.layer)) visited.set(node.layer, visited.size);
    stack.push({ node, next: 0 });
  };
  for (const output of outputs) {
    enter(output);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const tensor = sourcesOf(top.node)[top.next++];
      if (tensor !== undefined) enter(tensor);
      else {
        nodes.push(top.node);
        stack.pop();
      }
    }
  }
  return { nodes, visited };
}

/** Everything that a call reads: its inputs, then its mask. */
export function sourcesOf(node: LayerNode): readonly KerasTensor[] {
  return node.mask === undefined ? node.inputs : [...node.inputs, node.mask];
}

function disconnected(tensor: KerasTensor, inputs: readonly KerasTensor[]): ArgumentError {
  const names = inputs.map((input) => JSON.stringify(input.name)).join(", ");
  return new ArgumentError(
    "inputs",
    `model: the outputs need the input "${tensor.name}", which is not among the inputs (${names}); add it to them`,
  );
}

/** Calls between a node and the outputs, at most; a shared layer's calls count from its deepest. */
function depthsOf(nodes: readonly LayerNode[]): Map<LayerNode, number> {
  const included = new Set(nodes);
  const nodeDepths = new Map<LayerNode, number>();
  const layerDepths = new Map<Layer, number>();
  for (const node of [...nodes].reverse()) {
    const depth = Math.max(nodeDepths.get(node) ?? 0, layerDepths.get(node.layer) ?? 0);
    layerDepths.set(node.layer, depth);
    nodeDepths.set(node, depth);
    for (const { producer } of sourcesOf(node)) {
      if (included.has(producer))
        nodeDepths.set(producer, Math.max(depth + 1, nodeDepths.get(producer) ?? 0));
    }
  }
  return nodeDepths;
}

function groupByDepth(depths: ReadonlyMap<LayerNode, number>): LayerNode[][] {
  const groups = new Map<number, LayerNode[]>();
  for (const [node, depth] of depths) {
    const group = groups.get(depth) ?? [];
    group.push(node);
    groups.set(depth, group);
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group);
}

function checkNames(layers: readonly Layer[]): void {
  const byName = new Map<string, Layer>();
  for (const layer of layers) {
    if (byName.has(layer.name))
      throw new ArgumentError(
        "name",
        `model: two layers are called "${layer.name}"; give one of them another name`,
      );
    byName.set(layer.name, layer);
  }
}
