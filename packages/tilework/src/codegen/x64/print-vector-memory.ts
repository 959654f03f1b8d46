/**
 * Loads and stores of neighbouring elements. No byte beyond the active elements is touched: partial vectors go
 * through opmasks (AVX-512), masked moves (AVX2), or one byte at a time.
 */
import type { VectorStatement } from "../kernel-code.ts";
import { setZero } from "./compute-vector.ts";
import { type KernelWriter, rax } from "./kernel-writer.ts";

type Load = Extract<VectorStatement, { op: "load" }>;
type Splat = Extract<VectorStatement, { op: "splat" }>;
type Store = Extract<VectorStatement, { op: "store" }>;

/** The width of a plain move of so many elements, if there is one; it clears the other lanes. */
function plainWidth(active: number): 128 | 256 | 512 | undefined {
  if (active === 4) return 128;
  if (active === 8) return 256;
  return active === 16 ? 512 : undefined;
}

export function printLoad(
  writer: KernelWriter,
  { address, type, active }: Load,
  target: number,
  tail: number | undefined,
): void {
  if (type === "u8") {
    loadBytes(writer, { address, active }, target, tail);
    return;
  }
  const { assembler, bits } = writer;
  const mask = tail === undefined ? undefined : readTail(writer, tail);
  const memory = writer.memory(address);
  const width = plainWidth(active);
  if (active === 1) {
    assembler.vector("vmovss", 128, [target, memory]);
  } else if (width !== undefined) {
    assembler.vector("vmovups", width, [target, memory]);
  } else if (mask !== undefined) {
    assembler.vector("vmovups", bits, [target, memory], { mask, zero: true });
  } else {
    assembler.vector("vmovups", bits, [target, activeLanes(writer, active)]);
    assembler.vector("vmaskmovps", bits, [target, target, memory]);
  }
}

/** An opmask of the first lanes. Setting it may take rax, so addresses come after it. */
function readTail(writer: KernelWriter, tail: number): number {
  return writer.readMask(tail);
}

/** All ones in the first lanes. */
export function activeLanes(writer: KernelWriter, active: number): { label: number } {
  const lanes = Array.from({ length: writer.lanes }, (_, lane) => (lane < active ? -1 : 0));
  return writer.pool.elements("i32", lanes);
}

function loadBytes(
  writer: KernelWriter,
  { address, active }: Pick<Load, "address" | "active">,
  target: number,
  tail: number | undefined,
): void {
  const { assembler, bits } = writer;
  if (active === writer.lanes) {
    assembler.vector("vpmovzxbd", bits, [target, writer.memory(address)]);
  } else if (tail !== undefined) {
    const mask = readTail(writer, tail);
    assembler.vector("vpmovzxbd", bits, [target, writer.memory(address)], { mask, zero: true });
  } else {
    setZero(writer, target);
    const memory = writer.memory(address);
    for (let lane = 0; lane < active; lane++) {
      const place = { ...memory, offset: memory.offset + lane };
      assembler.vector("vpinsrb", 128, [target, target, place], { immediate: lane });
    }
    assembler.vector("vpmovzxbd", bits, [target, target]);
  }
}

export function printSplat(writer: KernelWriter, { address, type }: Splat, target: number): void {
  const { assembler, bits } = writer;
  const memory = writer.memory(address);
  if (type !== "u8") {
    assembler.vector("vbroadcastss", bits, [target, memory]);
    return;
  }
  assembler.integer("movzxByte", 32, rax, memory);
  assembler.vector("vmovd", 128, [target, rax]);
  assembler.vector("vpbroadcastd", bits, [target, target]);
}

export function printStore(
  writer: KernelWriter,
  statement: Store,
  temporaries: readonly number[],
  tail: number | undefined,
): void {
  const { from, address, type, active } = statement;
  const { assembler, bits } = writer;
  const value = writer.readVector(from);
  const mask = tail === undefined ? {} : { mask: readTail(writer, tail) };
  const memory = writer.memory(address);
  const width = plainWidth(active);
  if (type === "u8") {
    if (writer.cpu === "avx512") assembler.vector("vpmovdb", bits, [memory, value], mask);
    else storeBytes(writer, statement, value, writer.readVector(temporaries[0]!));
  } else if (statement.streaming && active === writer.lanes && writer.isVectorAligned(address)) {
    writer.hasStreamed = true;
    assembler.vector("vmovntps", bits, [memory, value]);
  } else if (active === 1) {
    assembler.vector("vmovssStore", 128, [memory, value]);
  } else if (width !== undefined) {
    assembler.vector("vmovupsStore", width, [memory, value]);
  } else if (tail !== undefined) {
    assembler.vector("vmovupsStore", bits, [memory, value], mask);
  } else {
    const lanes = writer.readVector(temporaries[0]!);
    assembler.vector("vmovups", bits, [lanes, activeLanes(writer, active)]);
    assembler.vector("vmaskmovpsStore", bits, [memory, lanes, value]);
  }
}

/** AVX2: the low bytes of four lanes come together, then leave as one word or byte by byte. */
function storeBytes(writer: KernelWriter, { address, active }: Store, value: number, bytes: number): void {
  const { assembler } = writer;
  const memory = writer.memory(address);
  const lowBytes = writer.pool.bytes(Uint8Array.from({ length: 16 }, (_, at) => 4 * (at % 4)));
  for (let first = 0; first < active; first += 4) {
    if (first === 0) {
      assembler.vector("vpshufb", 128, [bytes, value, lowBytes]);
    } else {
      assembler.vector("vextractf128", 256, [bytes, value], { immediate: 1 });
      assembler.vector("vpshufb", 128, [bytes, bytes, lowBytes]);
    }
    const at = (lane: number) => ({ ...memory, offset: memory.offset + lane });
    if (active - first >= 4) {
      assembler.vector("vmovdStore", 128, [at(first), bytes]);
      continue;
    }
    for (let lane = first; lane < active; lane++)
      assembler.vector("vpextrb", 128, [at(lane), bytes], { immediate: lane - first });
  }
}
