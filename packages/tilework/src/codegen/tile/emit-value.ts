/** Single vector instructions into fresh registers. */
import type { Emission } from "./emission.ts";

export function emitConstant(e: Emission, type: "f32" | "i32", value: number | readonly number[]): number {
  const to = e.builder.vector(type);
  e.builder.emit({ op: "constant", to, type, value });
  return to;
}

/** Into [0, size). */
export function emitClamp(e: Emission, x: number, size: number): number {
  const low = emitBinary(e, "max", x, emitConstant(e, "i32", 0));
  return emitBinary(e, "min", low, emitConstant(e, "i32", size - 1));
}

export function emitBinary(
  e: Emission,
  binary: "add" | "sub" | "mul" | "min" | "max" | "and",
  x: number,
  y: number,
): number {
  const to = e.builder.vector(e.builder.vectors[x]!);
  e.builder.emit({ op: "binary", binary, to, x, y });
  return to;
}

export function emitSelect(e: Emission, condition: number, yes: number, no: number): number {
  const to = e.builder.vector(e.builder.vectors[yes]!);
  e.builder.emit({ op: "select", to, condition, yes, no });
  return to;
}

export function emitCompare(e: Emission, compare: "ge" | "lt" | "ne", x: number, than: number): number {
  const to = e.builder.vector("mask");
  e.builder.emit({ op: "compare", compare, type: "i32", to, x, y: emitConstant(e, "i32", than) });
  return to;
}
