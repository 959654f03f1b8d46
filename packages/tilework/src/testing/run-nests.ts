import { type LoweredProgram, lowerProgram } from "../compiler/lower.ts";
import type { Program } from "../graph/program.ts";
import { type Elements, interpretNest } from "../kernel/interpret.ts";
import { type Buffer, storageOf } from "../kernel/nest.ts";
import { verifyNest } from "../kernel/verify.ts";
import { sizeOf } from "../tensor/shape.ts";

/** Runs a program's own nests, unfused and unscheduled, in the interpreter, after proving each of them safe. */
export function runNests(
  program: Program,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Elements> {
  return runLowered(lowerProgram(program), feeds);
}

/** The same for nests that a pass may have changed. */
export function runLowered(
  { nests, inputs, outputs }: Pick<LoweredProgram, "nests" | "inputs" | "outputs">,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Elements> {
  const memories = new Map<Buffer, Elements>();
  const memory = (buffer: Buffer): Elements => {
    const storage = storageOf(buffer);
    const known = memories.get(storage) ?? allocate(storage);
    memories.set(storage, known);
    return known;
  };
  for (const [name, buffer] of inputs) memory(buffer).set(feeds[name]!);
  for (const { nest } of nests) {
    verifyNest(nest);
    interpretNest(nest, memory);
  }
  return Object.fromEntries([...outputs].map(([name, buffer]) => [name, memory(buffer)]));
}

/** Filled with what no result may contain by accident. */
function allocate({ dtype, shape }: Buffer): Elements {
  const size = sizeOf(shape);
  if (dtype === "float32") return new Float32Array(size).fill(-12345.678);
  return dtype === "int32" ? new Int32Array(size).fill(-12345) : new Uint8Array(size).fill(123);
}
