import type { Buffer } from "../../kernel/nest.ts";
import type { MemoryType } from "../kernel-code.ts";

export function memoryType({ dtype }: Buffer): MemoryType {
  if (dtype === "float32") return "f32";
  return dtype === "int32" ? "i32" : "u8";
}

export function bytesOf(type: MemoryType): number {
  return type === "u8" ? 1 : 4;
}
