/** Evaluates tensor programs by the ops' own references, in float64 and without any of the compiler's passes. */
import type { ReferenceArray } from "../../graph/define-op.ts";
import { inputOp, nodesOf, readOp } from "../../graph/program.ts";
import type { Node, Value, Variable } from "../../graph/value.ts";
import { formatShape, sizeOf } from "../../tensor/shape.ts";
import { ArgumentError, invariant } from "../../util/errors.ts";

/** Elements of inputs, by the input's name or by the value itself (which may also be an intermediate one). */
export type ReferenceFeeds = ReadonlyMap<Value | string, ArrayLike<number>>;

/** Current values of variables. */
export type ReferenceVariables = ReadonlyMap<Variable, ArrayLike<number>>;

/** The values' elements in float64, one array a value. Throws an ArgumentError where something is not fed. */
export function evaluateReference(
  values: readonly Value[],
  feeds: ReferenceFeeds = new Map(),
  variables: ReferenceVariables = new Map(),
): Float64Array[] {
  const results = new Map<Value, Float64Array>();
  for (const node of neededNodes(values, feeds)) {
    const computed = evaluateNode(node, results, feeds, variables);
    node.outputs.forEach((output, slot) => {
      const data = computed[slot];
      invariant(
        data !== undefined && data.length === sizeOf(output.shape),
        `${node.op.name}: its reference gave ${data?.length} elements for shape ${formatShape(output.shape)}`,
      );
      results.set(output, data);
    });
  }
  return values.map((value) => results.get(value)!);
}

/** Producers first; what only leads up to fed values is left out. */
function neededNodes(values: readonly Value[], feeds: ReferenceFeeds): Node[] {
  const needed = new Set(values.map((value) => value.node));
  const nodes = nodesOf(values).reverse();
  for (const node of nodes)
    if (needed.has(node) && !isFed(node, feeds)) for (const value of node.inputs) needed.add(value.node);
  return nodes.filter((node) => needed.has(node)).reverse();
}

function isFed(node: Node, feeds: ReferenceFeeds): boolean {
  return node.outputs.length > 0 && node.outputs.every((output) => feeds.has(output));
}

function evaluateNode(
  node: Node,
  results: ReadonlyMap<Value, Float64Array>,
  feeds: ReferenceFeeds,
  variables: ReferenceVariables,
): readonly Float64Array[] {
  if (isFed(node, feeds)) return node.outputs.map((output) => fed(output, feeds.get(output), node.op.name));
  if (node.op === inputOp) {
    const { name } = node.attributes as { name: string };
    return [fed(node.outputs[0]!, feeds.get(name), name)];
  }
  if (node.op === readOp) {
    const variable = node.attributes as Variable;
    return [fed(node.outputs[0]!, variables.get(variable), variable.name)];
  }
  const inputs = node.inputs.map(
    (value): ReferenceArray => ({ shape: value.shape, dtype: value.dtype, data: results.get(value)! }),
  );
  return node.op.reference(inputs, node.attributes, node.outputs);
}

function fed(value: Value, data: ArrayLike<number> | undefined, name: string): Float64Array {
  if (data === undefined) throw new ArgumentError("feeds", `"${name}" has no value; feed it`);
  if (data.length !== sizeOf(value.shape))
    throw new ArgumentError(
      "feeds",
      `"${name}" got ${data.length} elements; the shape ${formatShape(value.shape)} needs ${sizeOf(value.shape)}`,
    );
  return data instanceof Float64Array ? data : Float64Array.from(data);
}
