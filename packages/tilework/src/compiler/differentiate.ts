/**
 * Reverse-mode differentiation of tensor programs. Nodes are visited from the loss back to the inputs, each once
 * all of its consumers have been; its op's own rule turns the derivatives by its results into those by its inputs.
 * Only nodes between the loss and what is differentiated by are visited, so ops elsewhere need no rule.
 */

import { nodesOf } from "../graph/program.ts";
import type { Node, Value } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { fill } from "../ops/fill.ts";
import { formatShape, sameShape, sizeOf } from "../tensor/shape.ts";
import { ArgumentError, invariant, ShapeError } from "../util/errors.ts";

/**
 * The derivative of a loss (one float32 element) by each value; undefined where the loss does not depend on it
 * differentiably. Throws an ArgumentError for an op on the way that has no gradient rule. Nodes that are made
 * here get the origin of the node whose derivative they belong to.
 */
export function differentiate(loss: Value, withRespectTo: readonly Value[]): (Value | undefined)[] {
  if (sizeOf(loss.shape) !== 1 || loss.dtype !== "float32")
    throw new ShapeError(
      `differentiate: the loss must be one float32 element, not ${loss.dtype} ${formatShape(loss.shape)}; ` +
        "sum or average it first",
    );
  const forward = nodesOf([loss]);
  const known = new Set(forward);
  const needs = dependence(forward, new Set(withRespectTo));
  const derivatives = new Map<Value, Value>([[loss, fill(1, loss.shape)]]);
  for (const node of forward.toReversed()) {
    const upstream = node.outputs.map((output) => derivatives.get(output));
    if (node.inputs.some(needs) && upstream.some((value) => value !== undefined))
      backward(node, upstream, derivatives, needs);
  }
  const results = withRespectTo.map((value) => derivatives.get(value));
  for (const node of nodesOf(results.filter((value) => value !== undefined)))
    if (!known.has(node)) node.origin ??= loss.node.origin;
  return results;
}

/** Tells whether an input of a node is, or differentiably depends on, one of the values. */
function dependence(forward: readonly Node[], values: ReadonlySet<Value>): (input: Value) => boolean {
  const dependent = new Set<Node>();
  const needs = (input: Value): boolean =>
    input.dtype === "float32" && (dependent.has(input.node) || values.has(input));
  for (const node of forward) if (node.inputs.some(needs)) dependent.add(node);
  return needs;
}

/** Adds the derivatives by a node's inputs. */
function backward(
  node: Node,
  upstream: readonly (Value | undefined)[],
  derivatives: Map<Value, Value>,
  needs: (input: Value) => boolean,
): void {
  const { op, inputs, outputs, attributes } = node;
  if (op.gradient === undefined)
    throw new ArgumentError(
      "loss",
      `${op.name}${node.origin === undefined ? "" : ` in ${node.origin}`} has no gradient, but the loss depends on ` +
        "trained values through it; use stopGradient before it, or an op that can be differentiated",
    );
  const made: Value[] = [];
  const byInputs = op.gradient({ node, inputs, outputs, attributes, upstream });
  for (const [slot, input] of inputs.entries()) {
    const derivative = byInputs[slot];
    if (derivative === undefined || !needs(input)) continue;
    invariant(
      sameShape(derivative.shape, input.shape),
      `${op.name}: the gradient of input ${slot} has shape ${formatShape(derivative.shape)}, ` +
        `not ${formatShape(input.shape)}`,
    );
    const earlier = derivatives.get(input);
    const sum = earlier === undefined ? derivative : add(earlier, derivative);
    derivatives.set(input, sum);
    made.push(sum);
  }
  labelOrigin(made, node, [...upstream, ...inputs, ...outputs]);
}

/** Names the layer of the nodes between the results of one gradient rule and what the rule was given. */
function labelOrigin(results: readonly Value[], node: Node, given: readonly (Value | undefined)[]): void {
  const done = new Set(given.map((value) => value?.node));
  const stack = results.map((value) => value.node);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (done.has(next)) continue;
    done.add(next);
    next.origin ??= node.origin;
    for (const input of next.inputs) stack.push(input.node);
  }
}
