/**
 * Prints kernel code as x86-64 machine code for AVX2 with FMA or for AVX-512 (F, BW, DQ, VL). The result is one
 * position-independent function of the System V calling convention, with its constants behind it, shaped like a
 * comparator of C's bsearch: `int kernel(const int64_t range[2], const int64_t arguments[])`, where the range is
 * begin and end, and the result 0.
 */
import { invariant } from "../../util/errors.ts";
import { isIntegerStatement, type KernelCode, type VectorStatement } from "../kernel-code.ts";
import type { Condition } from "./instructions.ts";
import { KernelWriter, rax, rdi, rdx, rsi, rsp } from "./kernel-writer.ts";
import type { Cpu, IfNode, LoopNode, Node } from "./nodes.ts";
import { printIntegerStatement } from "./print-integer-statement.ts";
import { printVectorStatement } from "./print-vector-statement.ts";

export type { Cpu };

/** The bytes of the function. They may be placed at any address that is a multiple of 64. */
export function printX64(kernel: KernelCode, cpu: Cpu): Uint8Array {
  const lanes = cpu === "avx512" ? 16 : 8;
  invariant(kernel.lanes === lanes, `${kernel.name}: ${cpu} has ${lanes} lanes, the kernel ${kernel.lanes}`);
  const writer = new KernelWriter(kernel, cpu);
  printEntry(writer);
  printBlock(writer, writer.program.nodes);
  printExit(writer);
  writer.pool.finish();
  return writer.assembler.finish();
}

/** Above the frame, whose start is aligned, lies the stack pointer from before. */
function printEntry(writer: KernelWriter): void {
  const { assembler, saved, frameBytes, program } = writer;
  for (const register of saved) assembler.push(register);
  if (frameBytes > 0) {
    assembler.integer("mov", 64, rdx, rsp);
    assembler.immediate("sub", rsp, frameBytes + 8);
    assembler.immediate("and", rsp, -64);
    assembler.integer("movStore", 64, rdx, { base: rsp, offset: frameBytes });
  }
  printEntryMoves(writer, program.argumentBlock, program.callBlock);
  for (const { mask, active } of writer.lastingTails()) writer.materializeTail(mask, active);
}

function printEntryMoves(writer: KernelWriter, argumentBlock: number, callBlock: number): void {
  writer.commitInteger(argumentBlock, rsi);
  writer.commitInteger(callBlock, rdi);
}

function printExit(writer: KernelWriter): void {
  const { assembler, saved, frameBytes } = writer;
  if (writer.hasStreamed) assembler.storeFence();
  if (frameBytes > 0) assembler.integer("mov", 64, rsp, { base: rsp, offset: frameBytes });
  for (const register of [...saved].reverse()) assembler.pop(register);
  assembler.integer("xor", 32, rax, rax);
  assembler.vzeroupper();
  assembler.return();
}

function printBlock(writer: KernelWriter, nodes: readonly Node[]): void {
  for (const node of nodes) {
    writer.beginStatement();
    if (node.kind === "loop") printLoop(writer, node);
    else if (node.kind === "if") printIf(writer, node);
    else if (isIntegerStatement(node.statement)) printIntegerStatement(writer, node.statement);
    else printVectorStatement(writer, node as typeof node & { statement: VectorStatement });
  }
}

function printLoop(writer: KernelWriter, node: LoopNode): void {
  const { assembler } = writer;
  const { loop, iteration, upward, limit } = node;
  const [top, end] = [assembler.label(), assembler.label()];
  if (typeof loop.count !== "number") {
    const count = writer.readInteger(loop.count.register, rax);
    if (limit !== undefined && limit !== loop.count.register) writer.commitInteger(limit, count);
    if (!upward) writer.commitInteger(iteration, count);
    assembler.integer("test", 64, count, count);
    assembler.jumpIf("e", end);
    if (upward) setInteger(writer, iteration, 0);
  } else {
    setInteger(writer, iteration, upward ? 0 : loop.count);
  }
  if (!node.body.some((inner) => inner.kind === "loop")) assembler.align(64);
  assembler.bind(top);
  if (loop.counter !== undefined && loop.counter !== iteration)
    writer.commitInteger(loop.counter, writer.readInteger(iteration, rax));
  printBlock(writer, node.body);
  advance(writer, node, top);
  if (loop.counter === iteration && isReadAfter(writer, node)) {
    const counter = writer.readInteger(iteration, rax);
    assembler.immediate("sub", counter, 1);
    writer.commitInteger(iteration, counter);
  }
  assembler.bind(end);
}

function setInteger(writer: KernelWriter, register: number, value: number): void {
  const target = writer.integerTarget(register);
  writer.assembler.moveImmediate(target, value);
  writer.commitInteger(register, target);
}

/** Counts, and goes round again while iterations are left. */
function advance(writer: KernelWriter, { loop, iteration, upward, limit }: LoopNode, top: number): void {
  const { assembler } = writer;
  const count = writer.readInteger(iteration, rax);
  if (upward) assembler.immediate("add", count, 1);
  else assembler.immediate("sub", count, 1);
  writer.commitInteger(iteration, count);
  if (upward && limit !== undefined) assembler.integer("cmp", 64, count, writer.integerOperand(limit));
  else if (upward) assembler.immediate("cmp", count, loop.count as number);
  assembler.jumpIf(upward ? "l" : "ne", top);
}

function isReadAfter(writer: KernelWriter, node: LoopNode): boolean {
  return writer.liveness.integers.get(node.iteration)!.end > writer.liveness.loopEnds.get(node)!;
}

const skipConditions: Record<"lt" | "ge" | "eq" | "ne", Condition> = { lt: "ge", ge: "l", eq: "ne", ne: "e" };

function printIf(writer: KernelWriter, { branch, yes, no }: IfNode): void {
  const { assembler } = writer;
  const [otherwise, end] = [assembler.label(), assembler.label()];
  const x = writer.readInteger(branch.x, rax);
  if (typeof branch.y === "number") assembler.immediate("cmp", x, branch.y);
  else assembler.integer("cmp", 64, x, writer.integerOperand(branch.y.register));
  assembler.jumpIf(skipConditions[branch.compare], otherwise);
  printBlock(writer, yes);
  if (no.length > 0) assembler.jump(end);
  assembler.bind(otherwise);
  printBlock(writer, no);
  assembler.bind(end);
}
