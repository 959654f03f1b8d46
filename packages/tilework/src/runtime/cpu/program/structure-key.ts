/**
 * A text that is equal for two programs exactly when they compute the same with the same names of inputs and
 * outputs, whatever their variables are called: then one compiled program serves both.
 */
import type { OpDefinition } from "../../../graph/define-op.ts";
import { inputOp, nodesOf, type Program, readOp, rootsOf, variablesOf } from "../../../graph/program.ts";
import type { Value, Variable } from "../../../graph/value.ts";

/** Numbers that stand for op definitions, which have no serial form of their own. */
export type OpNumbers = Map<OpDefinition<never>, number>;

/** The key, or undefined for a program whose attributes have no serial form (functions, class instances). */
export function structureKey(program: Program, ops: OpNumbers): string | undefined {
  const variables = new Map(variablesOf(program).map((variable, at) => [variable, at]));
  const numbers = new Map<Value, string>();
  const parts: string[] = [];
  const describe = (variable: Variable): string => `${variable.dtype}[${variable.shape}]`;
  for (const variable of variables.keys()) parts.push(describe(variable));
  try {
    nodesOf(rootsOf(program)).forEach((node, at) => {
      node.outputs.forEach((output, slot) => {
        numbers.set(output, `${at}.${slot}`);
      });
      const attributes =
        node.op === readOp
          ? `v${variables.get(node.attributes as Variable)}`
          : node.op === inputOp
            ? ""
            : serialize(node.attributes);
      const types = node.outputs.map((output) => `${output.dtype}[${output.shape}]`);
      const inputs = node.inputs.map((value) => numbers.get(value));
      parts.push(`${opNumber(node.op, ops)}(${inputs})${attributes}:${types}`);
    });
  } catch (error) {
    if (error instanceof NotSerial) return undefined;
    throw error;
  }
  const named = (values: Readonly<Record<string, Value>>): string =>
    JSON.stringify(
      Object.entries(values).map(([name, value]) => [
        name,
        numbers.get(value) ?? "unused",
        value.shape,
        value.dtype,
      ]),
    );
  parts.push(named(program.inputs), named(program.outputs));
  for (const { variable, value } of program.updates)
    parts.push(`${variables.get(variable)}=${numbers.get(value)}`);
  return parts.join("\n");
}

class NotSerial extends Error {}

function opNumber(op: OpDefinition<never>, ops: OpNumbers): number {
  const number = ops.get(op) ?? ops.size;
  ops.set(op, number);
  return number;
}

function serialize(value: unknown): string {
  if (value === null || typeof value !== "object") return serializePrimitive(value);
  if (Array.isArray(value)) return `[${value.map(serialize)}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}[${value}]`;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new NotSerial();
  return `{${Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}:${serialize(part)}`)}}`;
}

function serializePrimitive(value: unknown): string {
  switch (typeof value) {
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "function":
    case "symbol":
      throw new NotSerial();
    default:
      return String(value);
  }
}
