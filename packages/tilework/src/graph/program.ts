/**
 * A program: named inputs, variables that it reads, named outputs, and updates that give variables new values
 * when all else is computed. One whole training step is one program.
 */
import { ArgumentError } from "../util/errors.ts";
import { applyOp, type OpDefinition } from "./define-op.ts";
import type { Node, TensorType, Value, Variable } from "./value.ts";

export interface Update {
  readonly variable: Variable;
  readonly value: Value;
}

export interface Program {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly updates: readonly Update[];
}

const nothingToCompute = (name: string) => (): never => {
  throw new ArgumentError("program", `the ${name} has no value of its own; it must be fed`);
};

/** A value that is fed anew for every step. */
export const inputOp: OpDefinition<TensorType & { name: string }> = {
  name: "input",
  infer: (_, type) => [type],
  reference: nothingToCompute("input"),
};

/** The value of a variable when the step starts. */
export const readOp: OpDefinition<Variable> = {
  name: "read",
  infer: (_, variable) => [variable],
  reference: nothingToCompute("variable"),
};

export function input(name: string, type: TensorType): Value {
  return applyOp(inputOp, [], { name, shape: type.shape, dtype: type.dtype })[0]!;
}

export function read(variable: Variable): Value {
  return applyOp(readOp, [], variable)[0]!;
}

/** All nodes that the roots need, producers first, each once. */
export function nodesOf(roots: readonly Value[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (!seen.has(root.node)) {
      seen.add(root.node);
      stack.push({ node: root.node, next: 0 });
    }
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const child = top.node.inputs[top.next++]?.node;
      if (child === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(child)) {
        seen.add(child);
        stack.push({ node: child, next: 0 });
      }
    }
  }
  return order;
}

/** Everything that a program computes: its outputs, then its updates' values. */
export function rootsOf(program: Program): Value[] {
  return [...Object.values(program.outputs), ...program.updates.map((update) => update.value)];
}

/** The variables that a program reads or updates, in a stable order. */
export function variablesOf(program: Program): Variable[] {
  const found = new Set<Variable>();
  for (const node of nodesOf(rootsOf(program)))
    if (node.op === readOp) found.add(node.attributes as Variable);
  for (const update of program.updates) found.add(update.variable);
  return [...found];
}
