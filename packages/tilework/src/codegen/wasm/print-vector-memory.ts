/**
 * Loads and stores of four elements, or of the first few: no more bytes are touched than the active elements'.
 * Lanes that are not active become 0.
 */
import type { Address, MemoryType, VectorStatement } from "../kernel-code.ts";
import { alignmentOf, type KernelWriter } from "./kernel-writer.ts";

type Statement<Op extends VectorStatement["op"]> = Extract<VectorStatement, { op: Op }>;

const lowBytes = [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12];

export function pushLoad(writer: KernelWriter, { address, type, active }: Statement<"load">): void {
  if (type === "u8") {
    pushByteLoad(writer, address, active);
    return;
  }
  const { out } = writer;
  const opcode = active === 4 ? "v128.load" : active === 1 ? "v128.load32_zero" : "v128.load64_zero";
  if (active !== 3) {
    out.simdMemory(opcode, 2, writer.address(address));
    return;
  }
  const third = out.local("v128");
  out.simdMemory("v128.load64_zero", 2, writer.address(address));
  out.set(third);
  const offset = writer.address(address, 8);
  out.get(third);
  out.simdMemory("v128.load32_lane", 2, offset, 2);
}

function pushByteLoad(writer: KernelWriter, address: Address, active: number): void {
  if (active < 4) {
    pushElements(writer, "u8", active, (lane) => writer.address(address, lane));
    return;
  }
  writer.out.simdMemory("v128.load32_zero", 0, writer.address(address));
  writer.out.simd("i16x8.extend_low_i8x16_u");
  writer.out.simd("i32x4.extend_low_i16x8_u");
}

export function pushSplat(writer: KernelWriter, { address, type }: Statement<"splat">): void {
  const { out } = writer;
  const offset = writer.address(address);
  if (type !== "u8") {
    out.simdMemory("v128.load32_splat", 2, offset);
    return;
  }
  out.memory("i32.load8_u", 0, offset);
  out.simd("i32x4.splat");
}

export function pushStridedLoad(
  writer: KernelWriter,
  { address, stride, type, active }: Statement<"loadStrided">,
): void {
  pushElements(writer, type, active, (lane) => writer.address(address, lane * stride));
}

export function pushGather(
  writer: KernelWriter,
  { address, indices, type, active }: Statement<"gather">,
): void {
  const { out } = writer;
  pushElements(writer, type, active, (lane) => {
    const offset = writer.address(address);
    writer.getVector(indices);
    out.simd("i32x4.extract_lane", lane);
    if (type !== "u8") {
      out.constant(2);
      out.plain("i32.shl");
    }
    out.plain("i32.add");
    return offset;
  });
}

/** Builds a vector lane by lane; `pushAddress` pushes a lane's address and gives the offset. */
function pushElements(
  writer: KernelWriter,
  type: MemoryType,
  active: number,
  pushAddress: (lane: number) => number,
): void {
  const { out } = writer;
  const elements = out.local("v128");
  out.simd("v128.const", ...new Uint8Array(16));
  out.set(elements);
  for (let lane = 0; lane < active; lane++) {
    const offset = pushAddress(lane);
    if (type !== "u8" && lane === 0) {
      out.simdMemory("v128.load32_zero", 2, offset);
    } else {
      out.get(elements);
      if (type === "u8") out.simdMemory("v128.load8_lane", 0, offset, 4 * lane);
      else out.simdMemory("v128.load32_lane", 2, offset, lane);
    }
    out.set(elements);
  }
  out.get(elements);
}

export function printStore(writer: KernelWriter, { from, address, type, active }: Statement<"store">): void {
  if (type === "u8") {
    printByteStore(writer, from, address, active);
    return;
  }
  const { out } = writer;
  if (active === 4) {
    const offset = writer.address(address);
    writer.getVector(from);
    out.simdMemory("v128.store", 2, offset);
    return;
  }
  if (active > 1) storeLane("v128.store64_lane", 0, 0);
  if (active !== 2) storeLane("v128.store32_lane", active - 1, 4 * (active - 1));

  function storeLane(opcode: "v128.store64_lane" | "v128.store32_lane", lane: number, extra: number): void {
    const offset = writer.address(address, extra);
    writer.getVector(from);
    out.simdMemory(opcode, 2, offset, lane);
  }
}

function printByteStore(writer: KernelWriter, from: number, address: Address, active: number): void {
  const { out } = writer;
  const bytes = out.local("v128");
  writer.getVector(from);
  writer.getVector(from);
  out.simd("i8x16.shuffle", ...lowBytes);
  out.set(bytes);
  if (active === 4) {
    storeLane("v128.store32_lane", 0, 0);
    return;
  }
  if (active > 1) storeLane("v128.store16_lane", 0, 0);
  if (active !== 2) storeLane("v128.store8_lane", active - 1, active - 1);

  function storeLane(
    opcode: "v128.store32_lane" | "v128.store16_lane" | "v128.store8_lane",
    lane: number,
    extra: number,
  ): void {
    const offset = writer.address(address, extra);
    out.get(bytes);
    out.simdMemory(opcode, 0, offset, lane);
  }
}

export function printStridedStore(
  writer: KernelWriter,
  { from, address, stride, type, active }: Statement<"storeStrided">,
): void {
  const { out } = writer;
  for (let lane = 0; lane < active; lane++) {
    const offset = writer.address(address, lane * stride);
    writer.getVector(from);
    if (type === "u8") out.simdMemory("v128.store8_lane", 0, offset, 4 * lane);
    else out.simdMemory("v128.store32_lane", alignmentOf(type), offset, lane);
  }
}
