import type { Node, Value } from "../../graph/value.ts";
import { cast } from "../../ops/unary/cast.ts";
import { invariant, ShapeError } from "../../util/errors.ts";
import type { CallContext } from "../layers/call-context.ts";
import type { KerasTensor, LayerNode } from "../layers/keras-tensor.ts";
import type { Graph } from "./graph.ts";

/** Writes a graph's operations: each layer is called once per node, producers first. Gives the outputs' values. */
export function traceGraph(graph: Graph, inputs: readonly Value[], context: CallContext): Value[] {
  invariant(
    inputs.length === graph.inputs.length,
    `a graph of ${graph.inputs.length} inputs got ${inputs.length}`,
  );
  const values = new Map<KerasTensor, Value>();
  graph.inputs.forEach((tensor, i) => {
    values.set(tensor, castTo(inputs[i]!, tensor.dtype));
  });
  for (const node of graph.nodes) {
    if (node.inputs.length > 0 && !node.outputs.every((output) => values.has(output)))
      traceNode(node, values, context);
  }
  return graph.outputs.map((output) => values.get(output)!);
}

function traceNode(node: LayerNode, values: Map<KerasTensor, Value>, context: CallContext): void {
  const { layer } = node;
  const given = node.inputs.map((tensor) => values.get(tensor)!);
  const inputs = layer.keepsDtype ? given : given.map((value) => castTo(value, layer.dtype));
  const mask = node.mask && values.get(node.mask);
  const outer = new Set(given.map((value) => value.node));
  if (mask !== undefined) outer.add(mask.node);
  const named: CallContext = {
    training: context.training,
    read: (weight) => context.read(weight),
    seed: () => context.seed(),
    update: (weight, value) => {
      markOrigin([value], layer.name, outer);
      context.update(weight, value);
    },
  };
  const outputs = naming(layer.name, () => layer.callAll(inputs, named, mask));
  markOrigin(outputs, layer.name, outer);
  node.outputs.forEach((tensor, i) => {
    values.set(tensor, outputs[i]!);
  });
}

/** Sizes that are known only when a step is traced are refused by ops, which do not know whose they are. */
function naming<T>(layer: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof ShapeError) || error.message.startsWith(`${layer}: `)) throw error;
    throw new ShapeError(`${layer}: ${error.message}`, { cause: error });
  }
}

function castTo(value: Value, dtype: Value["dtype"]): Value {
  return value.dtype === dtype ? value : cast(value, dtype);
}

/** Names `origin` as the writer of every node that leads to `values` and has no writer yet. */
function markOrigin(values: readonly Value[], origin: string, outer: ReadonlySet<Node>): void {
  const stack = values.map((value) => value.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.origin !== undefined || outer.has(node)) continue;
    node.origin = origin;
    for (const input of node.inputs) stack.push(input.node);
  }
}
