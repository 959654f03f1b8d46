import { ArgumentError } from "../util/errors.ts";
import type { Value } from "./value.ts";

/** Whether it is a tensor of a program. */
export function isValue(value: unknown): value is Value {
  return (
    typeof value === "object" && value !== null && "node" in value && "slot" in value && "dtype" in value
  );
}

/** Refuses an operand of an op that is no tensor of a program. */
export function requireValue(op: string, value: unknown): asserts value is Value {
  if (isValue(value)) return;
  throw new ArgumentError(
    "x",
    `${op}: expected a tensor, such as a loss or a layer's call is given; got ${what(value)}`,
  );
}

function what(value: unknown): string {
  if (value instanceof Promise) return "a promise";
  if (typeof value === "object" && value !== null)
    return `an object (${value.constructor?.name ?? "no class"})`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
