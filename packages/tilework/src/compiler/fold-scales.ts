/**
 * Folds what follows a convolution channel by channel into its kernel: (conv(x, k) + a)·s + b becomes
 * conv(x, k·s) + (a·s + b). That is how BatchNormalization disappears at inference.
 *
 * Only for programs that do not train: the results differ by roundings, on all devices alike.
 */
import { applyOp } from "../graph/define-op.ts";
import { inputOp, nodesOf, readOp } from "../graph/program.ts";
import { rewriteGraph } from "../graph/rewrite-graph.ts";
import type { Node, Value } from "../graph/value.ts";
import { add } from "../ops/binary/add.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { subtract } from "../ops/binary/subtract.ts";
import { reshape } from "../ops/shape/reshape.ts";
import { sizeOf } from "../tensor/shape.ts";
import { countUses } from "./count-uses.ts";

/** A value that is a linear node's result, scaled and shifted channel by channel. */
interface Folded {
  readonly linear: Node;
  readonly scale: Value | undefined;
  readonly shift: Value | undefined;
}

export function foldScales(roots: readonly Value[]): Value[] {
  const uses = countUses(roots);
  const fixed = fixedNodes(roots);
  const folded = new Map<Value, Folded>();
  return rewriteGraph(roots, (node, inputs) => {
    const [result] = node.outputs;
    const kernel = kernelOf(node);
    if (kernel !== undefined && fixed.has(kernel.node)) {
      const linear = inputs.every((value, at) => value === node.inputs[at])
        ? node
        : applyOp(node.op, inputs, node.attributes)[0]!.node;
      linear.origin = node.origin;
      folded.set(result!, { linear, scale: undefined, shift: undefined });
      return linear.outputs;
    }
    const next = foldOne(node, folded, uses, (value) => fixed.has(value.node));
    if (next === undefined) return undefined;
    folded.set(result!, next);
    return next.scale === undefined ? undefined : [write(next, node)];
  });
}

function kernelOf({ op, inputs, attributes }: Node): Value | undefined {
  const at = op.kernelInput?.(attributes);
  return at === undefined ? undefined : inputs[at];
}

/** Nodes that depend on variables and constants alone. */
function fixedNodes(roots: readonly Value[]): Set<Node> {
  const fixed = new Set<Node>();
  for (const node of nodesOf(roots))
    if (node.op === readOp || (node.op !== inputOp && node.inputs.every((value) => fixed.has(value.node))))
      fixed.add(node);
  return fixed;
}

function foldOne(
  node: Node,
  folded: ReadonlyMap<Value, Folded>,
  uses: ReadonlyMap<Value, number>,
  isFixed: (value: Value) => boolean,
): Folded | undefined {
  const { algebra } = node.op;
  const [x, y] = node.inputs as readonly [Value, Value];
  if (algebra === undefined || algebra === "negate") return undefined;
  const [of, operand] = folded.has(x) || algebra === "subtract" ? [x, y] : [y, x];
  const before = folded.get(of);
  if (before === undefined || uses.get(of) !== 1 || !isFixed(operand)) return undefined;
  if (node.outputs[0]!.shape.length !== of.shape.length) return undefined;
  const perChannel = channelVector(operand, of);
  if (perChannel === undefined) return undefined;
  const { linear, scale, shift } = before;
  if (algebra === "add")
    return { linear, scale, shift: shift === undefined ? perChannel : add(shift, perChannel) };
  if (algebra === "subtract")
    return {
      linear,
      scale,
      shift: shift === undefined ? multiply(perChannel, -1) : subtract(shift, perChannel),
    };
  return {
    linear,
    scale: scale === undefined ? perChannel : multiply(scale, perChannel),
    shift: shift && multiply(shift, perChannel),
  };
}

/** The operand as a vector over the channels (the last axis), or as a scalar; undefined where it is neither. */
function channelVector(operand: Value, of: Value): Value | undefined {
  const channels = of.shape.at(-1)!;
  const size = sizeOf(operand.shape);
  if (size === 1) return reshape(operand, []);
  return size === channels && operand.shape.at(-1) === channels ? reshape(operand, [channels]) : undefined;
}

/** The last axes of a kernel that together have so many elements; none for one element. */
function lastAxes({ shape }: Value, elements: number): number[] {
  let from = shape.length;
  while (sizeOf(shape.slice(from)) < elements) from--;
  return elements === 1 ? [] : shape.slice(from);
}

function write({ linear, scale, shift }: Folded, node: Node): Value {
  const plain = kernelOf(linear)!;
  const kernel = multiply(plain, reshape(scale!, lastAxes(plain, sizeOf(scale!.shape))));
  const inputs = linear.inputs.map((value) => (value === plain ? kernel : value));
  const scaled = applyOp(linear.op, inputs, linear.attributes)[0]!;
  const result = shift === undefined ? scaled : add(scaled, shift);
  for (const made of [kernel.node, scaled.node, result.node]) made.origin = linear.origin;
  if (linear.origin !== node.origin) kernel.node.origin = node.origin;
  return result;
}
