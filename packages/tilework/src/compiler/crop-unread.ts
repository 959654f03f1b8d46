/**
 * Does not compute what a window leaves over: pooling with a window of 2 never reads the eleventh row of its input, so
 * the convolution before it need not write it, nor, in training, its gradient be taken. Results keep their bits.
 */
import { applyOp } from "../graph/define-op.ts";
import { rewriteGraph } from "../graph/rewrite-graph.ts";
import type { Node, Value } from "../graph/value.ts";
import { type Shape, sameShape } from "../tensor/shape.ts";
import { countUses } from "./count-uses.ts";

export function cropUnread(roots: readonly Value[]): Value[] {
  const uses = countUses(roots);
  const inputsOf = new Map<Node, readonly Value[]>();
  const leadingPart = (value: Value, shape: Shape): Value | undefined => {
    const { node } = value;
    const inputs = inputsOf.get(node);
    if (uses.get(value) !== 1 || inputs === undefined || node.outputs.length !== 1) return undefined;
    if (node.op.leading !== undefined) {
      const part = node.op.leading(inputs, node.attributes, shape);
      if (part !== undefined) part.node.origin ??= node.origin;
      return part;
    }
    if (!isElementwise(node)) return undefined;
    const parts = node.inputs.map((input, at) => {
      if (sameShape(input.shape, value.shape)) return leadingPart(input, shape);
      return broadcastsAlong(input.shape, value.shape, shape) ? inputs[at] : undefined;
    });
    if (parts.includes(undefined)) return undefined;
    const [result] = applyOp(node.op, parts as Value[], node.attributes);
    result!.node.origin = node.origin;
    return result;
  };
  return rewriteGraph(roots, (node, inputs) => {
    inputsOf.set(node, inputs);
    const [input] = node.inputs;
    if (node.op.reads === undefined || input === undefined) return undefined;
    const shape = node.op.reads(input, node.attributes);
    const part = sameShape(shape, input.shape) ? undefined : leadingPart(input, shape);
    const outputs = part && applyOp(node.op, [part], node.attributes);
    return outputs?.every((output, at) => sameShape(output.shape, node.outputs[at]!.shape))
      ? outputs
      : undefined;
  });
}

function isElementwise({ op }: Node): boolean {
  return op.monotone === true || op.algebra !== undefined;
}

/** Whether an input is the same for all that is left out: it does not vary along the axes that are cut. */
function broadcastsAlong(input: Shape, whole: Shape, part: Shape): boolean {
  const shift = whole.length - input.length;
  return whole.every((size, axis) => size === part[axis] || axis < shift || input[axis - shift] === 1);
}
