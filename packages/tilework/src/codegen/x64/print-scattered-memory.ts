/** Loads and stores of elements that are not neighbours: at a stride, or at indices that a register holds. */
import type { VectorStatement } from "../kernel-code.ts";
import type { BasedMemory } from "./assembler.ts";
import { setZero } from "./compute-vector.ts";
import { type KernelWriter, rax, rdx, scratchMask } from "./kernel-writer.ts";
import { activeLanes } from "./print-vector-memory.ts";

type StridedLoad = Extract<VectorStatement, { op: "loadStrided" }>;
type StridedStore = Extract<VectorStatement, { op: "storeStrided" }>;
type Gather = Extract<VectorStatement, { op: "gather" }>;

/** Quarters (halves) of four lanes are put together one element at a time, then joined. */
export function printStridedLoad(
  writer: KernelWriter,
  { address, stride, type, active }: StridedLoad,
  target: number,
  temporaries: readonly number[],
): void {
  const { assembler, bits } = writer;
  const start = writer.memory(address);
  for (let first = 0; first < active; first += 4) {
    const part = first === 0 ? target : writer.readVector(temporaries[0]!);
    const last = Math.min(active, first + 4);
    if (type === "u8") setZero(writer, part);
    for (let lane = first; lane < last; lane++) {
      const memory = { ...start, offset: start.offset + lane * stride };
      if (type === "u8")
        assembler.vector("vpinsrb", 128, [part, part, memory], { immediate: 4 * (lane - first) });
      else if (lane === first) assembler.vector("vmovss", 128, [part, memory]);
      else assembler.vector("vinsertps", 128, [part, part, memory], { immediate: (lane - first) << 4 });
    }
    if (first > 0) assembler.vector("vinsertf128", bits, [target, target, part], { immediate: first / 4 });
  }
}

export function printStridedStore(
  writer: KernelWriter,
  { from, address, stride, type, active }: StridedStore,
  temporaries: readonly number[],
): void {
  const { assembler, bits } = writer;
  const value = writer.readVector(from);
  const start = writer.memory(address);
  for (let first = 0; first < active; first += 4) {
    const part = first === 0 ? value : writer.readVector(temporaries[0]!);
    if (first > 0) assembler.vector("vextractf128", bits, [part, value], { immediate: first / 4 });
    for (let lane = first; lane < Math.min(active, first + 4); lane++) {
      const memory = { ...start, offset: start.offset + lane * stride };
      if (type === "u8") assembler.vector("vpextrb", 128, [memory, part], { immediate: 4 * (lane - first) });
      else if (lane === first) assembler.vector("vmovssStore", 128, [memory, part]);
      else assembler.vector("vextractps", 128, [memory, part], { immediate: lane - first });
    }
  }
}

export function printGather(
  writer: KernelWriter,
  statement: Gather,
  target: number,
  temporaries: readonly number[],
  tail: number | undefined,
): void {
  const { assembler, bits } = writer;
  const { address, indices, type, active } = statement;
  const index = writer.readVector(indices);
  if (type === "u8") {
    gatherBytes(writer, statement, index, target);
    return;
  }
  if (tail !== undefined) assembler.vector("kmovw", 128, [scratchMask, writer.readMask(tail)]);
  const memory: BasedMemory = { ...joined(writer, writer.memory(address)), index, scale: 4 };
  setZero(writer, target);
  if (tail !== undefined) {
    assembler.vector("vgatherdps", bits, [target, memory], { mask: scratchMask });
    return;
  }
  const lanes = writer.readVector(temporaries[0]!);
  assembler.vector("vmovups", bits, [lanes, activeLanes(writer, active)]);
  assembler.vector("vgatherdpsVector", bits, [target, memory, lanes]);
}

/** Base and index in one register, for the index's place is wanted. */
function joined(writer: KernelWriter, memory: BasedMemory): BasedMemory {
  if (memory.index === undefined) return memory;
  writer.assembler.integer("lea", 64, rax, memory);
  return { base: rax, offset: 0 };
}

/** There is no gather of bytes: indices leave through the stack, elements come back the same way. */
function gatherBytes(writer: KernelWriter, { address, active }: Gather, index: number, target: number): void {
  const { assembler, bits } = writer;
  const [indices, elements] = [writer.vectorRoom(0), writer.vectorRoom(1)];
  const lane = (room: BasedMemory, at: number): BasedMemory => ({ ...room, offset: room.offset + 4 * at });
  assembler.vector("vmovupsStore", bits, [indices, index]);
  setZero(writer, target);
  assembler.vector("vmovupsStore", bits, [elements, target]);
  assembler.integer("lea", 64, rdx, writer.memory(address));
  for (let at = 0; at < active; at++) {
    assembler.integer("movsxd", 64, rax, lane(indices, at));
    assembler.integer("movzxByte", 32, rax, { base: rdx, index: rax, offset: 0 });
    assembler.integer("movStore", 32, rax, lane(elements, at));
  }
  assembler.vector("vmovups", bits, [target, elements]);
}
