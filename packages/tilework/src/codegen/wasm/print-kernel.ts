/**
 * Prints kernel code as one WebAssembly function (argument block, begin, end) -> (). Registers are locals: the
 * engine brings them into SSA form, so copies are free and no local is worth sharing. Loops test at their end and
 * bodies stay single basic blocks, since V8 schedules block by block.
 */
import { unreachable } from "../../util/errors.ts";
import type { ControlStatement, IntegerStatement, KernelCode, Statement } from "../kernel-code.ts";
import type { ModuleFunction } from "./encode.ts";
import { KernelWriter, parameters } from "./kernel-writer.ts";
import { printVectorStatement } from "./print-vector-statement.ts";

type Loop = Extract<ControlStatement, { op: "loop" }>;
type If = Extract<ControlStatement, { op: "if" }>;

const compares = { lt: "i32.lt_s", ge: "i32.ge_s", eq: "i32.eq", ne: "i32.ne" } as const;

/** `relaxed`: multiply-add is one instruction of relaxed SIMD, else a multiplication and an addition. */
export function printKernel(
  kernel: KernelCode,
  options: { readonly relaxed: boolean; readonly exportName: string },
): ModuleFunction {
  const writer = new KernelWriter(kernel, options.relaxed);
  printBody(writer, kernel.body);
  return writer.out.finish(options.exportName, kernel.name);
}

function printBody(writer: KernelWriter, body: readonly Statement[]): void {
  for (const statement of body) printStatement(writer, statement);
}

function printStatement(writer: KernelWriter, statement: Statement): void {
  switch (statement.op) {
    case "loop":
      printLoop(writer, statement);
      return;
    case "if":
      printIf(writer, statement);
      return;
    case "argument":
    case "begin":
    case "end":
    case "integer":
    case "offset":
    case "addIntegers":
    case "scale":
    case "divide":
    case "remainder":
    case "atMost":
    case "atLeast":
    case "loadInteger":
      pushInteger(writer, statement);
      writer.setInteger(statement.to);
      return;
    default:
      printVectorStatement(writer, statement);
      return;
  }
}

function printLoop(writer: KernelWriter, loop: Loop): void {
  const { out } = writer;
  if (typeof loop.count === "number") {
    printRepetition(writer, loop, () => out.constant(loop.count as number));
    return;
  }
  const count = out.local("i32");
  writer.getInteger(loop.count.register);
  out.tee(count);
  out.block("if");
  printRepetition(writer, loop, () => out.get(count));
  out.plain("end");
}

/** The loop itself, for a count of at least 1: up where there is a counter, else down to 0. */
function printRepetition(writer: KernelWriter, loop: Loop, pushCount: () => void): void {
  const { out } = writer;
  const iteration = out.local("i32");
  if (loop.counter === undefined) pushCount();
  else out.constant(0);
  out.set(iteration);
  out.block("loop");
  if (loop.counter !== undefined) {
    out.get(iteration);
    writer.setInteger(loop.counter);
  }
  printBody(writer, loop.body);
  out.get(iteration);
  out.constant(loop.counter === undefined ? -1 : 1);
  out.plain("i32.add");
  out.tee(iteration);
  if (loop.counter !== undefined) {
    pushCount();
    out.plain("i32.lt_u");
  }
  out.branchIf();
  out.plain("end");
}

function printIf(writer: KernelWriter, { x, compare, y, yes, no }: If): void {
  const { out } = writer;
  writer.getInteger(x);
  if (typeof y === "number") out.constant(y);
  else writer.getInteger(y.register);
  out.plain(compares[compare]);
  out.block("if");
  printBody(writer, yes);
  if (no.length > 0) {
    out.plain("else");
    printBody(writer, no);
  }
  out.plain("end");
}

function pushInteger(writer: KernelWriter, statement: IntegerStatement): void {
  const { out } = writer;
  switch (statement.op) {
    case "argument":
      out.get(parameters.argumentBlock);
      out.memory("i32.load", 2, 4 * statement.slot);
      return;
    case "begin":
      out.get(parameters.begin);
      return;
    case "end":
      out.get(parameters.end);
      return;
    case "integer":
      out.constant(statement.value);
      return;
    case "offset":
      pushWithConstant(writer, statement.from, "i32.add", statement.value);
      return;
    case "addIntegers":
      writer.getInteger(statement.x);
      writer.getInteger(statement.y);
      out.plain("i32.add");
      return;
    case "scale":
      pushWithConstant(writer, statement.x, "i32.mul", statement.value);
      return;
    case "divide":
      pushWithConstant(writer, statement.x, "i32.div_u", statement.value);
      return;
    case "remainder":
      pushWithConstant(writer, statement.x, "i32.rem_u", statement.value);
      return;
    case "atMost":
      pushLimited(writer, statement.x, "i32.lt_s", statement.value);
      return;
    case "atLeast":
      pushLimited(writer, statement.x, "i32.gt_s", statement.value);
      return;
    case "loadInteger": {
      const offset = writer.address(statement.address);
      out.memory("i32.load", 2, offset);
      return;
    }
    default:
      unreachable(statement);
      return;
  }
}

function pushWithConstant(
  writer: KernelWriter,
  x: number,
  opcode: "i32.add" | "i32.mul" | "i32.div_u" | "i32.rem_u",
  value: number,
): void {
  writer.getInteger(x);
  writer.out.constant(value);
  writer.out.plain(opcode);
}

/** x where it compares with the limit as told, else the limit. */
function pushLimited(writer: KernelWriter, x: number, compare: "i32.lt_s" | "i32.gt_s", limit: number): void {
  const { out } = writer;
  writer.getInteger(x);
  out.constant(limit);
  writer.getInteger(x);
  out.constant(limit);
  out.plain(compare);
  out.plain("select");
}
