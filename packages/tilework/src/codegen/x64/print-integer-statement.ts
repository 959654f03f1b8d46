/** Prints arithmetic on addresses and indices. Scratch: rax and rdx. */
import { unreachable } from "../../util/errors.ts";
import type { IntegerStatement } from "../kernel-code.ts";
import { type KernelWriter, rax, rdx } from "./kernel-writer.ts";

type Divide = Extract<IntegerStatement, { op: "divide" | "remainder" }>;
type Limit = Extract<IntegerStatement, { op: "atMost" | "atLeast" }>;

export function printIntegerStatement(writer: KernelWriter, statement: IntegerStatement): void {
  const target = computeInteger(writer, statement);
  writer.commitInteger(statement.to, target);
}

/** Gives the processor register with the result. */
function computeInteger(writer: KernelWriter, statement: IntegerStatement): number {
  const { assembler, program } = writer;
  const target = writer.integerTarget(statement.to);
  switch (statement.op) {
    case "argument":
      return loadWord(writer, target, program.argumentBlock, 8 * statement.slot);
    case "begin":
      return loadWord(writer, target, program.callBlock, 0);
    case "end":
      return loadWord(writer, target, program.callBlock, 8);
    case "integer":
      assembler.moveImmediate(target, statement.value);
      return target;
    case "offset":
      return addConstant(writer, target, statement.from, statement.value);
    case "addIntegers": {
      const [base, index] = [writer.readInteger(statement.x, rax), writer.readInteger(statement.y, rdx)];
      if (base === target) assembler.integer("add", 64, target, index);
      else if (index === target) assembler.integer("add", 64, target, base);
      else assembler.integer("lea", 64, target, { base, index, offset: 0 });
      return target;
    }
    case "scale":
      return multiply(writer, target, statement.x, statement.value);
    case "divide":
    case "remainder":
      return divide(writer, target, statement);
    case "atMost":
    case "atLeast":
      return limit(writer, statement);
    case "loadInteger":
      assembler.integer("movsxd", 64, target, writer.memory(statement.address));
      return target;
    default:
      return unreachable(statement);
  }
}

function loadWord(writer: KernelWriter, target: number, block: number, offset: number): number {
  writer.assembler.integer("mov", 64, target, { base: writer.readInteger(block, rax), offset });
  return target;
}

function addConstant(writer: KernelWriter, target: number, from: number, value: number): number {
  const base = writer.readInteger(from, rax);
  if (value === 0) return base;
  if (base === target) writer.assembler.immediate("add", target, value);
  else writer.assembler.integer("lea", 64, target, { base, offset: value });
  return target;
}

const isPowerOfTwo = (value: number): boolean => value > 0 && (value & (value - 1)) === 0;

function multiply(writer: KernelWriter, target: number, x: number, value: number): number {
  const { assembler } = writer;
  const from = writer.readInteger(x, rax);
  if (value === 1) return from;
  if (!isPowerOfTwo(value)) {
    assembler.multiplyByImmediate(target, from, value);
    return target;
  }
  if (from !== target) assembler.integer("mov", 64, target, from);
  assembler.shift("shl", target, Math.log2(value));
  return target;
}

/**
 * Division by a constant d as a multiplication (Granlund and Montgomery, 1994): for 0 <= x < 2^31 and
 * 2^(l-1) < d <= 2^l, floor(x / d) = floor(x * ceil(2^(31+l) / d) / 2^(31+l)), and the product fits 64 bits.
 */
function divide(writer: KernelWriter, target: number, { op, x, value }: Divide): number {
  const { assembler } = writer;
  const from = writer.readInteger(x, rax);
  if (isPowerOfTwo(value)) {
    if (from !== target) assembler.integer("mov", 64, target, from);
    if (op === "remainder") assembler.immediate("and", target, value - 1);
    else if (value > 1) assembler.shift("shr", target, Math.log2(value));
    return target;
  }
  const shift = 31 + Math.ceil(Math.log2(value));
  assembler.moveImmediate(rdx, Number((2n ** BigInt(shift) + BigInt(value) - 1n) / BigInt(value)));
  assembler.integer("imul", 64, rdx, from);
  assembler.shift("shr", rdx, shift);
  if (op === "divide") return rdx;
  assembler.multiplyByImmediate(rdx, rdx, value);
  if (from !== target) assembler.integer("mov", 64, target, from);
  assembler.integer("sub", 64, target, rdx);
  return target;
}

function limit(writer: KernelWriter, { op, x, value }: Limit): number {
  const { assembler } = writer;
  const operand = writer.integerOperand(x);
  assembler.moveImmediate(rax, value);
  assembler.integer("cmp", 64, rax, operand);
  assembler.integer(op === "atMost" ? "cmovg" : "cmovl", 64, rax, operand);
  return rax;
}
