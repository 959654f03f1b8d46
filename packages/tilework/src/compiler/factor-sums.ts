/**
 * What is constant along the axes of a sum goes before it: Σ (x·f) becomes (Σ x)·f, and Σ (-x) becomes -(Σ x). So
 * the sums that gradients of scaled and shifted values need (BatchNormalization's) are few, over tensors that are
 * there anyway, and wait for no factor. What is only scattered over the summed axes is summed before that: a bias'
 * gradient under a pooling takes the pooled gradient. The results differ by roundings, on all devices alike.
 */
import { applyOp } from "../graph/define-op.ts";
import { rewriteGraph } from "../graph/rewrite-graph.ts";
import type { Value } from "../graph/value.ts";
import { multiply } from "../ops/binary/multiply.ts";
import { reshape } from "../ops/shape/reshape.ts";
import { negate } from "../ops/unary/negate.ts";
import { type Shape, sameShape } from "../tensor/shape.ts";

export function factorSums(roots: readonly Value[]): Value[] {
  return rewriteGraph(roots, (node, [input]) => {
    const axes = node.op.summedAxes?.(node.attributes);
    if (axes === undefined || input === undefined) return undefined;
    const { shape } = node.outputs[0]!;
    const sum = (x: Value): Value => applyOp(node.op, [x], node.attributes)[0]!;
    const gathered = node.op.isMean ? undefined : gathers(input, axes);
    if (gathered !== undefined) return [factor(gathered, axes, shape, sum) ?? sum(gathered)];
    const factored = factor(input, axes, shape, sum);
    return factored && [factored];
  });
}

/** The sum of `x`, which has the given shape; undefined where nothing goes before it. */
function factor(
  x: Value,
  axes: readonly number[],
  shape: Shape,
  sum: (x: Value) => Value,
): Value | undefined {
  const { algebra } = x.node.op;
  const rest = (inner: Value): Value => factor(inner, axes, shape, sum) ?? sum(inner);
  if (algebra === "negate") return negate(rest(x.node.inputs[0]!));
  if (algebra !== "multiply") return undefined;
  const [a, b] = x.node.inputs as readonly [Value, Value];
  for (const [inner, outer] of [
    [a, b],
    [b, a],
  ] as const)
    if (sameShape(inner.shape, x.shape) && isConstantAlong(outer, axes, x.shape.length))
      return multiply(rest(inner), keptOf(outer, axes, x.shape.length, shape));
  return undefined;
}

/** What `x` holds scattered along some of the axes; undefined where it is nothing else, or scattered along others. */
function gathers({ node, shape }: Value, axes: readonly number[]): Value | undefined {
  const scattered = node.op.scatteredInput;
  const isSummed = shape.every((_, axis) => axis === 0 || axis === shape.length - 1 || axes.includes(axis));
  return scattered !== undefined && isSummed ? node.inputs[scattered] : undefined;
}

function isConstantAlong({ shape }: Value, axes: readonly number[], rank: number): boolean {
  return axes.every((axis) => (shape[axis - (rank - shape.length)] ?? 1) === 1);
}

/** The factor without the axes that the sum dropped. */
function keptOf(factor: Value, axes: readonly number[], rank: number, shape: Shape): Value {
  if (shape.length === rank) return factor;
  const first = rank - factor.shape.length;
  return reshape(
    factor,
    factor.shape.filter((_, axis) => !axes.includes(axis + first)),
  );
}
