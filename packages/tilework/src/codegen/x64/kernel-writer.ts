/**
 * Where the registers of one kernel live in the processor, and how statements reach those on the stack: operands
 * are loaded into scratch registers, results stored from one. Integers have rax and rdx for it; vectors and opmasks
 * give up some of their registers, but only where there are too few anyway.
 */
import { InternalError } from "../../util/errors.ts";
import type { Address, KernelCode, VectorStatement, VectorType } from "../kernel-code.ts";
import { vectorWritten } from "../registers-of.ts";
import { type Alignments, findAlignments, isAligned } from "./alignments.ts";
import { type Allocation, allocateRegisters } from "./allocate-registers.ts";
import { Assembler, type BasedMemory, type Memory, type Operand } from "./assembler.ts";
import { ConstantPool } from "./constant-pool.ts";
import { findLiveness, type Interval, type Liveness } from "./live-intervals.ts";
import { buildNodes, type Cpu, type Node, type NodeProgram } from "./nodes.ts";

export const rax = 0;
export const rdx = 2;
export const rsp = 4;
export const rsi = 6;
export const rdi = 7;
export const calleeSaved: readonly number[] = [3, 5, 12, 13, 14, 15];
const integerRegisters: readonly number[] = [1, 6, 7, 8, 9, 10, 11, 3, 5, 12, 13, 14, 15];

/** The opmask that statements may use within themselves. */
export const scratchMask = 7;
const maskRegisters = [1, 2, 3, 4, 5, 6];
const spillVectors = 3;
const spillMasks = 3;

const numbered = (count: number): number[] => Array.from({ length: count }, (_, register) => register);

export class KernelWriter {
  readonly assembler: Assembler = new Assembler();
  readonly pool: ConstantPool = new ConstantPool(this.assembler);
  readonly cpu: Cpu;
  readonly lanes: number;
  /** Width of a vector register. */
  readonly bits: 256 | 512;
  readonly program: NodeProgram;
  readonly liveness: Liveness;
  readonly #alignments: Alignments;
  readonly #integers: Allocation;
  readonly #vectors: Allocation;
  readonly #masks: Allocation;
  readonly #slots = new Map<string, number>();
  readonly #constants: ReadonlyMap<number, Extract<VectorStatement, { op: "constant" }>>;
  /** Some store went past the caches. */
  hasStreamed = false;
  readonly #vectorScratch: readonly number[];
  readonly #maskScratch: readonly number[];
  #scratchUsed = 0;
  #masksUsed = 0;
  #frame = 0;

  constructor(kernel: KernelCode, cpu: Cpu) {
    this.cpu = cpu;
    this.lanes = kernel.lanes;
    this.bits = cpu === "avx512" ? 512 : 256;
    this.program = buildNodes(kernel, cpu);
    this.#alignments = findAlignments(kernel.body, kernel.integers);
    this.liveness = findLiveness(this.program);
    const { argumentBlock, callBlock } = this.program;
    const entry = new Map([
      [argumentBlock, rsi],
      [callBlock, rdi],
    ]);
    this.#integers = allocateRegisters(this.liveness.integers.values(), integerRegisters, entry);
    const vectors = numbered(cpu === "avx512" ? 32 : 16);
    const [ofVectors, ofMasks] = this.#intervals();
    [this.#vectors, this.#vectorScratch] = allocateWithScratch(ofVectors, vectors, spillVectors, () => true);
    const tails = new Set(this.program.tails.values());
    [this.#masks, this.#maskScratch] = allocateWithScratch(
      ofMasks,
      maskRegisters,
      spillMasks,
      (register) => !tails.has(register),
    );
    this.#constants = constantsWrittenOnce(this.program.nodes);
    this.#assignSlots();
  }

  get frameBytes(): number {
    return this.#frame;
  }

  /** Callee-saved registers that the kernel fills. */
  get saved(): number[] {
    const used = new Set(this.#integers.places.values());
    return calleeSaved.filter((register) => used.has(register));
  }

  typeOf(register: number): VectorType {
    return this.program.vectors[register]!;
  }

  isMask(register: number): boolean {
    return this.cpu === "avx512" && this.typeOf(register) === "mask";
  }

  /** Scratch registers are free again. */
  beginStatement(): void {
    this.#scratchUsed = 0;
    this.#masksUsed = 0;
  }

  /** The processor register that holds an integer, loaded into `scratch` from the stack. */
  readInteger(register: number, scratch: number): number {
    const place = this.#integers.places.get(register);
    if (place !== undefined) return place;
    this.assembler.integer("mov", 64, scratch, this.#slot(`i${register}`));
    return scratch;
  }

  integerOperand(register: number): Operand {
    return this.#integers.places.get(register) ?? this.#slot(`i${register}`);
  }

  /** The processor register in which to compute an integer. */
  integerTarget(register: number): number {
    return this.#integers.places.get(register) ?? rax;
  }

  commitInteger(register: number, from: number): void {
    const place = this.#integers.places.get(register);
    if (place === undefined) this.assembler.integer("movStore", 64, from, this.#slot(`i${register}`));
    else if (place !== from) this.assembler.integer("mov", 64, place, from);
  }

  /** Uses rax and rdx where the address's registers are on the stack. */
  memory({ base, index, offset }: Address, extra = 0): BasedMemory {
    const address = { base: this.readInteger(base, rax), offset: offset + extra };
    return index === undefined ? address : { ...address, index: this.readInteger(index, rdx) };
  }

  readVector(register: number): number {
    const operand = this.vectorOperand(register);
    if (typeof operand === "number") return operand;
    const scratch = this.#takeScratch();
    this.assembler.vector("vmovups", this.bits, [scratch, operand]);
    return scratch;
  }

  /** A register, or the memory that holds the whole vector. */
  vectorOperand(register: number): Operand {
    const place = this.#vectors.places.get(register);
    if (place !== undefined) return place;
    const constant = this.#constants.get(register);
    return constant === undefined ? this.#slot(`v${register}`) : this.constantVector(constant);
  }

  /** Whether a constant is read from memory wherever it is needed, and never brought into a register. */
  staysInMemory(register: number): boolean {
    return !this.#vectors.places.has(register) && this.#constants.has(register);
  }

  constantVector({ type, value }: Extract<VectorStatement, { op: "constant" }>): Memory {
    const values = typeof value === "number" ? new Array<number>(this.lanes).fill(value) : value;
    return this.pool.elements(type, values);
  }

  vectorTarget(register: number): number {
    return this.#vectors.places.get(register) ?? this.#takeScratch();
  }

  commitVector(register: number, from: number): void {
    if (this.#vectors.places.has(register)) return;
    this.assembler.vector("vmovupsStore", this.bits, [this.#slot(`v${register}`), from]);
  }

  readMask(register: number): number {
    const place = this.#masks.places.get(register);
    if (place !== undefined) return place;
    for (const [active, tail] of this.program.tails) {
      if (tail !== register) continue;
      this.materializeTail(scratchMask, active);
      return scratchMask;
    }
    const scratch = this.#takeMask();
    this.assembler.vector("kmovw", 128, [scratch, this.#slot(`k${register}`)]);
    return scratch;
  }

  maskTarget(register: number): number {
    return this.#masks.places.get(register) ?? this.#takeMask();
  }

  commitMask(register: number, from: number): void {
    if (this.#masks.places.has(register)) return;
    this.assembler.vector("kmovwStore", 128, [this.#slot(`k${register}`), from]);
  }

  /** Scratch opmasks that were read are not needed any more. */
  releaseMasks(): void {
    this.#masksUsed = 0;
  }

  /** Sets the first lanes of an opmask. */
  materializeTail(mask: number, active: number): void {
    this.assembler.moveImmediate(rax, 2 ** active - 1);
    this.assembler.vector("kmovwFromInteger", 128, [mask, rax]);
  }

  /** The opmasks of partial vectors that keep a register throughout, set at the kernel's start. */
  lastingTails(): { readonly mask: number; readonly active: number }[] {
    return [...this.program.tails]
      .filter(([, register]) => this.#masks.places.has(register))
      .map(([active, register]) => ({ mask: this.#masks.places.get(register)!, active }));
  }

  /** Whether an address is a multiple of the vector's width every time. */
  isVectorAligned(address: Address): boolean {
    return isAligned(address, this.bits / 8, this.#alignments);
  }

  /** Room on the stack for two vectors that a statement takes apart. */
  vectorRoom(which: 0 | 1): BasedMemory {
    return this.#slot(`room${which}`);
  }

  /** Those of vectors, and those of opmasks. */
  #intervals(): [vectors: Interval[], masks: Interval[]] {
    const vectors: Interval[] = [];
    const masks: Interval[] = [];
    for (const interval of this.liveness.vectors.values())
      (this.isMask(interval.register) ? masks : vectors).push(interval);
    return [vectors, masks];
  }

  #takeScratch(): number {
    const scratch = this.#vectorScratch[this.#scratchUsed++];
    if (scratch === undefined) throw new InternalError("a statement ran out of scratch registers");
    return scratch;
  }

  #takeMask(): number {
    const scratch = this.#maskScratch[this.#masksUsed++];
    if (scratch === undefined) throw new InternalError("a statement ran out of scratch opmasks");
    return scratch;
  }

  #slot(name: string): BasedMemory {
    const offset = this.#slots.get(name);
    if (offset === undefined) throw new InternalError(`${name} has no place`);
    return { base: rsp, offset };
  }

  #assignSlots(): void {
    const place = (name: string, bytes: number): void => {
      this.#slots.set(name, this.#frame);
      this.#frame += bytes;
    };
    const bytes = this.bits / 8;
    if (this.program.takesVectorsApart) for (const name of ["room0", "room1"]) place(name, bytes);
    for (const register of this.#vectors.spilled)
      if (!this.#constants.has(register)) place(`v${register}`, bytes);
    for (const register of this.#integers.spilled) place(`i${register}`, 8);
    for (const register of this.#masks.spilled) place(`k${register}`, 8);
  }
}

/** Keeps scratch registers back only if some register of a kind that needs them is spilled. */
function allocateWithScratch(
  intervals: readonly Interval[],
  registers: readonly number[],
  scratch: number,
  needsScratch: (register: number) => boolean,
): [Allocation, readonly number[]] {
  const all = allocateRegisters(intervals, registers);
  if (!all.spilled.some(needsScratch)) return [all, []];
  const kept = registers.slice(0, -scratch);
  return [allocateRegisters(intervals, kept), registers.slice(-scratch)];
}

function constantsWrittenOnce(
  nodes: readonly Node[],
): Map<number, Extract<VectorStatement, { op: "constant" }>> {
  const constants = new Map<number, Extract<VectorStatement, { op: "constant" }>>();
  const written = new Set<number>();
  const visit = (node: Node): void => {
    if (node.kind === "loop") node.body.forEach(visit);
    else if (node.kind === "if") [...node.yes, ...node.no].forEach(visit);
    else {
      const register = vectorWritten(node.statement);
      if (register === undefined) return;
      if (written.has(register) || node.statement.op !== "constant") constants.delete(register);
      else constants.set(register, node.statement);
      written.add(register);
    }
  };
  nodes.forEach(visit);
  return constants;
}
