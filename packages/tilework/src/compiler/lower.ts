/** From tensor program to loop nests: each node's own lowering, over buffers of its values. */
import type { LowerContext } from "../graph/define-op.ts";
import { inputOp, nodesOf, type Program, readOp, rootsOf } from "../graph/program.ts";
import type { Node, TensorType, Value, Variable } from "../graph/value.ts";
import type { Buffer, Nest } from "../kernel/nest.ts";
import { storageOf } from "../kernel/nest.ts";
import { invariant } from "../util/errors.ts";

/** A nest with the layer that it comes from. */
export interface OriginNest {
  readonly nest: Nest;
  readonly origin: string;
}

/** A program as nests in an order in which they may run. */
export interface LoweredProgram {
  readonly nests: readonly OriginNest[];
  readonly inputs: ReadonlyMap<string, Buffer>;
  readonly outputs: ReadonlyMap<string, Buffer>;
  readonly variables: ReadonlyMap<Variable, Buffer>;
  /** When all else is done, each variable takes the content of its buffer. */
  readonly updates: readonly { readonly variable: Variable; readonly buffer: Buffer }[];
}

export function lowerProgram(program: Program): LoweredProgram {
  const buffers = new Map<Value, Buffer>();
  const variables = new Map<Variable, Buffer>();
  const nests: OriginNest[] = [];
  const bufferOf = (value: Value): Buffer => {
    const buffer = buffers.get(value);
    invariant(buffer !== undefined, `no buffer for a value of ${value.node.op.name}`);
    return buffer;
  };
  const variableBuffer = (variable: Variable): Buffer => {
    const known = variables.get(variable);
    if (known !== undefined) return known;
    const buffer = newBuffer(variable.name, variable);
    variables.set(variable, buffer);
    return buffer;
  };
  for (const node of nodesOf(rootsOf(program))) {
    if (node.op === readOp) buffers.set(node.outputs[0]!, variableBuffer(node.attributes as Variable));
    else if (node.op === inputOp)
      buffers.set(node.outputs[0]!, newBuffer((node.attributes as { name: string }).name, node.outputs[0]!));
    else if (node.op.view)
      buffers.set(node.outputs[0]!, viewBuffer(bufferOf(node.inputs[0]!), node.outputs[0]!));
    else lowerNode(node, bufferOf, buffers, nests);
  }
  for (const update of program.updates) variableBuffer(update.variable);
  const named = (values: Readonly<Record<string, Value>>): Map<string, Buffer> =>
    new Map(
      Object.entries(values).map(([name, value]) => [name, buffers.get(value) ?? newBuffer(name, value)]),
    );
  return {
    nests,
    inputs: named(program.inputs),
    outputs: named(program.outputs),
    variables,
    updates: program.updates.map(({ variable, value }) => ({ variable, buffer: bufferOf(value) })),
  };
}

function lowerNode(
  node: Node,
  bufferOf: (value: Value) => Buffer,
  buffers: Map<Value, Buffer>,
  nests: OriginNest[],
): void {
  const { op } = node;
  invariant(op.lower !== undefined, `op ${op.name} has no lowering`);
  node.outputs.forEach((output) => {
    buffers.set(output, newBuffer(op.name, output));
  });
  const context: LowerContext<unknown> = {
    inputs: node.inputs.map(bufferOf),
    outputs: node.outputs.map(bufferOf),
    attributes: node.attributes,
    temporary: (name, shape, dtype = "float32") => newBuffer(`${op.name}.${name}`, { shape, dtype }),
    emit: (nest) => {
      const named = node.group === undefined ? nest : { ...nest, name: node.group };
      nests.push({ nest: named, origin: node.origin ?? op.name });
    },
  };
  op.lower(context);
}

function newBuffer(name: string, type: TensorType): Buffer {
  return { name, dtype: type.dtype, shape: type.shape };
}

function viewBuffer(base: Buffer, type: TensorType): Buffer {
  return { name: base.name, dtype: type.dtype, shape: type.shape, viewOf: storageOf(base) };
}
