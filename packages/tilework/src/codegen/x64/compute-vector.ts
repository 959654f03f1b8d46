/**
 * Arithmetic on vectors: from registers into the target register. An operand on the stack is read in place where
 * the instruction allows it. Note maxps and minps: they give the second operand when the operands are equal or one
 * is NaN, so max (x < y ? y : x) is maxps of y and x.
 */
import { InternalError, unreachable } from "../../util/errors.ts";
import type { VectorStatement } from "../kernel-code.ts";
import type { Operand, VectorOptions } from "./assembler.ts";
import { computePermutation } from "./compute-permutation.ts";
import { computeReduceLanes } from "./compute-reduce-lanes.ts";
import type { VectorInstruction } from "./instructions.ts";
import { type KernelWriter, rax, scratchMask } from "./kernel-writer.ts";
import type { PlainNode } from "./nodes.ts";
import { comparisons, integerComparisons } from "./print-mask-statement.ts";

export type Computation = Exclude<
  VectorStatement,
  { op: "load" | "splat" | "loadStrided" | "gather" | "store" | "storeStrided" }
>;
export type ComputationOf<Op extends Computation["op"]> = Extract<Computation, { op: Op }>;
type Folded = PlainNode["folded"];

export function computeVector(
  writer: KernelWriter,
  node: PlainNode & { readonly statement: Computation },
  target: number,
): void {
  const { statement, temporaries, folded } = node;
  switch (statement.op) {
    case "constant":
      setConstant(writer, statement, target);
      return;
    case "splatInteger":
      splatInteger(writer, statement.from, target);
      return;
    case "move":
      copy(writer, statement.from, target);
      return;
    case "unary":
      computeUnary(writer, statement, target);
      return;
    case "binary":
      computeBinary(writer, statement, folded, target);
      return;
    case "permute":
      computePermutation(writer, statement, node.table, temporaries, target);
      return;
    case "fma":
      multiplyAdd(writer, statement, folded, target);
      return;
    case "compare":
      compare(writer, statement, target);
      return;
    case "select":
      select(writer, statement, target);
      return;
    case "addWhere":
      addWhere(writer, { ...node, statement }, target);
      return;
    case "keepNan":
      keepNan(writer, { ...node, statement }, target);
      return;
    case "convert":
      convert(writer, statement, temporaries, target);
      return;
    case "reduceLanes":
      computeReduceLanes(writer, statement, temporaries, target);
      return;
    default:
      unreachable(statement);
  }
}

export function setZero(writer: KernelWriter, target: number): void {
  writer.assembler.vector("vpxor", target < 16 ? 128 : writer.bits, [target, target, target]);
}

function setConstant(writer: KernelWriter, statement: ComputationOf<"constant">, target: number): void {
  const { assembler, bits, pool } = writer;
  const { type, value } = statement;
  if (typeof value !== "number")
    assembler.vector("vmovups", bits, [target, writer.constantVector(statement)]);
  else if (Object.is(value, 0)) setZero(writer, target);
  else assembler.vector("vbroadcastss", bits, [target, pool.elements(type, [value])]);
}

function splatInteger(writer: KernelWriter, from: number, target: number): void {
  const { assembler, bits } = writer;
  const integer = writer.readInteger(from, rax);
  if (bits === 512) {
    assembler.vector("vpbroadcastdFromInteger", bits, [target, integer]);
    return;
  }
  assembler.vector("vmovd", 128, [target, integer]);
  assembler.vector("vpbroadcastd", bits, [target, target]);
}

function copy(writer: KernelWriter, from: number, target: number): void {
  const source = writer.vectorOperand(from);
  if (source !== target) writer.assembler.vector("vmovups", writer.bits, [target, source]);
}

/** An operand that is the same 32-bit pattern in all lanes. */
function pattern(writer: KernelWriter, bits: number): { operand: Operand; options: VectorOptions } {
  const broadcast = writer.cpu === "avx512";
  const operand = writer.pool.elements("i32", new Array<number>(broadcast ? 1 : writer.lanes).fill(bits));
  return { operand, options: { broadcast } };
}

function withPattern(
  writer: KernelWriter,
  name: "vpand" | "vpxor",
  target: number,
  x: number,
  bits: number,
): void {
  const { operand, options } = pattern(writer, bits);
  writer.assembler.vector(name, writer.bits, [target, x, operand], options);
}

const signBit = -0x80000000;
const roundings = { roundEven: 8, floor: 9, ceil: 10, trunc: 11 } as const;

function computeUnary(writer: KernelWriter, { unary, x }: ComputationOf<"unary">, target: number): void {
  const { assembler, bits } = writer;
  const floats = writer.typeOf(x) === "f32";
  switch (unary) {
    case "neg":
      if (floats) {
        withPattern(writer, "vpxor", target, writer.readVector(x), signBit);
        return;
      }
      setZero(writer, target);
      assembler.vector("vpsubd", bits, [target, target, writer.vectorOperand(x)]);
      return;
    case "abs":
      if (floats) withPattern(writer, "vpand", target, writer.readVector(x), 0x7fffffff);
      else assembler.vector("vpabsd", bits, [target, writer.vectorOperand(x)]);
      return;
    case "sqrt":
      assembler.vector("vsqrtps", bits, [target, writer.vectorOperand(x)]);
      return;
    case "not":
      withPattern(writer, "vpxor", target, writer.readVector(x), -1);
      return;
    case "floor":
    case "ceil":
    case "trunc":
    case "roundEven":
      assembler.vector("vroundps", bits, [target, writer.vectorOperand(x)], { immediate: roundings[unary] });
      return;
    default:
      unreachable(unary);
  }
}

type Both = Partial<Record<"f32" | "i32" | "mask", VectorInstruction>>;
const bitwise = (name: VectorInstruction): Both => ({ i32: name, mask: name });

const binaries: Record<ComputationOf<"binary">["binary"], Both> = {
  add: { f32: "vaddps", i32: "vpaddd" },
  sub: { f32: "vsubps", i32: "vpsubd" },
  mul: { f32: "vmulps", i32: "vpmulld" },
  div: { f32: "vdivps" },
  min: { f32: "vminps", i32: "vpminsd" },
  max: { f32: "vmaxps", i32: "vpmaxsd" },
  and: bitwise("vpand"),
  or: bitwise("vpor"),
  xor: bitwise("vpxor"),
  shl: { i32: "vpslld" },
  shrU: { i32: "vpsrld" },
  shrS: { i32: "vpsrad" },
};

function computeBinary(
  writer: KernelWriter,
  { binary, x, y }: ComputationOf<"binary">,
  folded: Folded,
  target: number,
): void {
  const { assembler, bits } = writer;
  const name = binaries[binary][writer.typeOf(x)];
  if (name === undefined) throw new InternalError(`${binary} of ${writer.typeOf(x)} has no meaning`);
  if (binary === "shl" || binary === "shrU" || binary === "shrS") {
    assembler.vector(name, bits, [target, writer.readVector(x)], { immediate: y });
    return;
  }
  const swapped = name === "vminps" || name === "vmaxps" || folded?.register === x;
  const [first, second] = swapped ? [y, x] : [x, y];
  const { operand, options } = operandOf(writer, second, folded);
  assembler.vector(name, bits, [target, writer.readVector(first), operand], options);
}

/** A register, its place on the stack, or the memory that a folded load names. */
function operandOf(
  writer: KernelWriter,
  register: number,
  folded: Folded,
): { operand: Operand; options: VectorOptions } {
  if (folded?.register !== register) return { operand: writer.vectorOperand(register), options: {} };
  return { operand: writer.memory(folded.address), options: { broadcast: folded.broadcast } };
}

/** The form of multiply-add whose destination already holds an operand, if one does. */
function multiplyAdd(
  writer: KernelWriter,
  { x, y, z }: ComputationOf<"fma">,
  folded: Folded,
  target: number,
): void {
  const { assembler, bits } = writer;
  const [factor, other] = folded?.register === x ? [y, x] : [x, y];
  const addend = writer.vectorOperand(z);
  const { operand, options } = operandOf(writer, other, folded);
  const emit = (name: VectorInstruction, second: number, third: Operand): void => {
    assembler.vector(name, bits, [target, second, third], options);
  };
  if (addend !== target && writer.vectorOperand(factor) === target) {
    emit("vfmadd132ps", writer.readVector(z), operand);
  } else if (addend !== target && operand === target) {
    emit("vfmadd213ps", writer.readVector(factor), addend);
  } else {
    copy(writer, z, target);
    emit("vfmadd231ps", writer.readVector(factor), operand);
  }
}

/** AVX2: a vector of all ones where the comparison holds. */
function compare(
  writer: KernelWriter,
  { compare: op, type, x, y }: ComputationOf<"compare">,
  target: number,
): void {
  const { assembler, bits } = writer;
  if (type === "f32") {
    const operands = [target, writer.readVector(x), writer.vectorOperand(y)];
    assembler.vector("vcmpps", bits, operands, { immediate: comparisons[op] });
    return;
  }
  const { instruction, swapped, negated } = integerComparisons[op];
  const [first, second] = swapped ? [y, x] : [x, y];
  assembler.vector(instruction, bits, [target, writer.readVector(first), writer.vectorOperand(second)]);
  if (negated) withPattern(writer, "vpxor", target, target, -1);
}

function select(writer: KernelWriter, { condition, yes, no }: ComputationOf<"select">, target: number): void {
  const { assembler, bits } = writer;
  if (writer.cpu === "avx512") {
    const mask = writer.readMask(condition);
    assembler.vector("vblendmps", bits, [target, writer.readVector(no), writer.vectorOperand(yes)], { mask });
    return;
  }
  const immediate = writer.readVector(condition) << 4;
  const operands = [target, writer.readVector(no), writer.vectorOperand(yes)];
  assembler.vector("vblendvps", bits, operands, { immediate });
}

/** AVX-512 adds in the target under an opmask; an operand that stands there already is added elsewhere first. */
function addWhere(
  writer: KernelWriter,
  {
    statement: { x, y, condition },
    temporaries,
    folded,
  }: PlainNode & { readonly statement: ComputationOf<"addWhere"> },
  target: number,
): void {
  const { assembler, bits } = writer;
  const { operand, options } = operandOf(writer, y, folded);
  if (writer.cpu === "avx512") {
    const mask = writer.readMask(condition);
    if (operand !== target || writer.vectorOperand(x) === target) {
      copy(writer, x, target);
      assembler.vector("vaddps", bits, [target, target, operand], { ...options, mask });
      return;
    }
    assembler.vector("vaddps", bits, [target, writer.readVector(x), operand]);
    assembler.vector("vblendmps", bits, [target, writer.readVector(x), target], { mask });
    return;
  }
  const sum = writer.readVector(temporaries[0]!);
  const before = writer.readVector(x);
  assembler.vector("vaddps", bits, [sum, before, operand], options);
  assembler.vector("vblendvps", bits, [target, before, sum], {
    immediate: writer.readVector(condition) << 4,
  });
}

const unordered = 0x03;

const defaultNan = 0xffc00000;

/** vfixupimmps runs beside maxps, where a comparison would wait for it; it needs the other operand in the target. */
function keepNan(
  writer: KernelWriter,
  {
    statement: { x, from },
    temporaries,
    table,
  }: PlainNode & { readonly statement: ComputationOf<"keepNan"> },
  target: number,
): void {
  const { assembler, bits } = writer;
  const source = writer.readVector(from);
  if (writer.cpu === "avx512") {
    const classes = writer.vectorOperand(table!);
    const isFree = source !== target && classes !== target;
    if (isFree || writer.vectorOperand(x) === target) {
      copy(writer, x, target);
      assembler.vector("vfixupimmps", bits, [target, source, classes], { immediate: 0 });
      return;
    }
    assembler.vector("vcmppsMask", bits, [scratchMask, source, source], { immediate: unordered });
    copy(writer, x, target);
    const nan = writer.pool.elements("i32", [defaultNan]);
    assembler.vector("vbroadcastss", bits, [target, nan], { mask: scratchMask });
    return;
  }
  const flags = writer.readVector(temporaries[0]!);
  assembler.vector("vcmpps", bits, [flags, source, source], { immediate: unordered });
  assembler.vector("vblendvps", bits, [target, writer.readVector(x), source], { immediate: flags << 4 });
}

function convert(
  writer: KernelWriter,
  { convert: op, x }: ComputationOf<"convert">,
  temporaries: readonly number[],
  target: number,
): void {
  if (op === "f32FromI32")
    writer.assembler.vector("vcvtdq2ps", writer.bits, [target, writer.vectorOperand(x)]);
  else if (op === "i32FromF32") truncate(writer, x, temporaries, target);
  else copy(writer, x, target);
}

const [greaterOrEqual, ordered] = [0x1d, 0x07];

/** The instruction gives -2^31 where the result does not fit, so only large numbers and NaN are mended. */
function truncate(writer: KernelWriter, x: number, temporaries: readonly number[], target: number): void {
  const { assembler, bits } = writer;
  const from = writer.readVector(x);
  assembler.vector("vcvttps2dq", bits, [target, from]);
  const limit = pattern(writer, 0x4f000000);
  if (writer.cpu === "avx512") {
    const large = { immediate: greaterOrEqual, ...limit.options };
    assembler.vector("vcmppsMask", bits, [scratchMask, from, limit.operand], large);
    const most = writer.pool.elements("i32", [0x7fffffff]);
    assembler.vector("vpbroadcastd", bits, [target, most], { mask: scratchMask });
    assembler.vector("vcmppsMask", bits, [scratchMask, from, from], { immediate: ordered });
    assembler.vector("vmovups", bits, [target, target], { mask: scratchMask, zero: true });
    return;
  }
  const flags = writer.readVector(temporaries[0]!);
  assembler.vector("vcmpps", bits, [flags, from, limit.operand], { immediate: greaterOrEqual });
  assembler.vector("vpxor", bits, [target, target, flags]);
  assembler.vector("vcmpps", bits, [flags, from, from], { immediate: ordered });
  assembler.vector("vpand", bits, [target, target, flags]);
}
