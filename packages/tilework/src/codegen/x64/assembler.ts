/**
 * Writes x86-64 machine code: 64-bit integer instructions, VEX (AVX2, FMA) and EVEX (AVX-512 F, BW, DQ, VL). It
 * knows encodings only (instructions.ts). Registers are the processor's numbers: rax 0, rcx 1, rdx 2, rbx 3, rsp 4,
 * rbp 5, rsi 6, rdi 7, r8 to r15; vector registers 0 to 31; opmasks 0 to 7. Operands stand in Intel's order.
 */
import { invariant } from "../../util/errors.ts";
import {
  type Condition,
  conditions,
  type ImmediateInstruction,
  type IntegerInstruction,
  immediateInstructions,
  integerInstructions,
  type ShiftInstruction,
  shiftInstructions,
  type Tuple,
  type VectorEncoding,
  type VectorInstruction,
  vectorInstructions,
} from "./instructions.ts";

/** base + index * scale + offset in bytes. A gather's index is a vector register. */
export interface BasedMemory {
  readonly base: number;
  readonly index?: number;
  readonly scale?: 1 | 2 | 4 | 8;
  readonly offset: number;
}

/** A place in the code itself, such as a constant behind it. */
export interface LabelMemory {
  readonly label: number;
}

export type Memory = BasedMemory | LabelMemory;
export type Operand = number | Memory;

export interface VectorOptions {
  readonly immediate?: number;
  /** The opmask that guards the result's lanes. */
  readonly mask?: number;
  /** Guarded lanes become 0 instead of staying. */
  readonly zero?: boolean;
  /** The memory operand is one 32-bit element for all lanes. */
  readonly broadcast?: boolean;
}

interface Patch {
  readonly at: number;
  readonly label: number;
}

const byteNops: readonly (readonly number[])[] = [
  [],
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0],
  [0x0f, 0x1f, 0x44, 0, 0],
  [0x66, 0x0f, 0x1f, 0x44, 0, 0],
  [0x0f, 0x1f, 0x80, 0, 0, 0, 0],
  [0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
];

const isByte = (value: number): boolean => value >= -128 && value <= 127;

export class Assembler {
  readonly #bytes: number[] = [];
  readonly #labels: (number | undefined)[] = [];
  readonly #patches: Patch[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  /** A new label, to be bound once. */
  label(): number {
    return this.#labels.push(undefined) - 1;
  }

  /** The label means this place. */
  bind(label: number): void {
    invariant(this.#labels[label] === undefined, `label ${label} is bound twice`);
    this.#labels[label] = this.#bytes.length;
  }

  /** Fills with instructions that do nothing up to a multiple of `boundary` bytes. */
  align(boundary: number): void {
    let missing = (boundary - (this.#bytes.length % boundary)) % boundary;
    while (missing > 0) {
      const size = Math.min(missing, byteNops.length - 1);
      this.#bytes.push(...byteNops[size]!);
      missing -= size;
    }
  }

  /** Raw bytes, such as constants. */
  data(bytes: ArrayLike<number>): void {
    for (let i = 0; i < bytes.length; i++) this.#bytes.push(bytes[i]!);
  }

  /** The code with all labels resolved. */
  finish(): Uint8Array {
    const code = new Uint8Array(this.#bytes);
    const view = new DataView(code.buffer);
    for (const { at, label } of this.#patches) {
      const target = this.#labels[label];
      invariant(target !== undefined, `label ${label} is never bound`);
      view.setInt32(at, target - (at + 4) + view.getInt32(at, true), true);
    }
    return code;
  }

  /** An instruction with a register and a register or memory operand: `name reg, rm` (stores: `name rm, reg`). */
  integer(name: IntegerInstruction, width: 32 | 64, reg: number, rm: Operand): void {
    const byteRegister = name === "movByteStore" && reg >= 4;
    this.#rex(width === 64, reg, rm, byteRegister);
    this.#bytes.push(...integerInstructions[name]);
    this.#modrm(reg, rm, 1, 0);
  }

  immediate(name: ImmediateInstruction, reg: number, value: number): void {
    this.#rex(true, 0, reg);
    this.#bytes.push(isByte(value) ? 0x83 : 0x81);
    this.#modrm(immediateInstructions[name], reg, 1, 0);
    this.#shortest(value);
  }

  /** to = x * value */
  multiplyByImmediate(to: number, x: number, value: number): void {
    this.#rex(true, to, x);
    this.#bytes.push(isByte(value) ? 0x6b : 0x69);
    this.#modrm(to, x, 1, 0);
    this.#shortest(value);
  }

  shift(name: ShiftInstruction, reg: number, count: number): void {
    this.#rex(true, 0, reg);
    this.#bytes.push(0xc1);
    this.#modrm(shiftInstructions[name], reg, 1, 0);
    this.#bytes.push(count);
  }

  /** Sets a 64-bit register to an integer from -2^31 to 2^32 - 1, in the shortest form that keeps the flags. */
  moveImmediate(reg: number, value: number): void {
    invariant(value >= -(2 ** 31) && value < 2 ** 32, `${value} is no 32-bit immediate`);
    this.#rex(value < 0, 0, reg);
    if (value < 0) this.#bytes.push(0xc7, 0xc0 | (reg & 7));
    else this.#bytes.push(0xb8 | (reg & 7));
    this.#integer32(value);
  }

  push(reg: number): void {
    this.#rex(false, 0, reg);
    this.#bytes.push(0x50 | (reg & 7));
  }

  pop(reg: number): void {
    this.#rex(false, 0, reg);
    this.#bytes.push(0x58 | (reg & 7));
  }

  jump(label: number): void {
    this.#bytes.push(0xe9);
    this.#relative(label, 0);
  }

  jumpIf(condition: Condition, label: number): void {
    this.#bytes.push(0x0f, 0x80 | conditions[condition]);
    this.#relative(label, 0);
  }

  return(): void {
    this.#bytes.push(0xc3);
  }

  /** Makes stores past the caches visible before all later ones. */
  storeFence(): void {
    this.#bytes.push(0x0f, 0xae, 0xf8);
  }

  /** Ends the use of wide vectors, as the calling convention asks. */
  vzeroupper(): void {
    this.#bytes.push(0xc5, 0xf8, 0x77);
  }

  /**
   * A vector instruction of this width; opmask instructions count as 128 wide, but kandw, korw and the like as
   * 256. EVEX is used where it must be. A third vector operand of a VEX instruction goes into the immediate's high
   * half.
   */
  vector(
    name: VectorInstruction,
    bits: 128 | 256 | 512,
    operands: readonly Operand[],
    options: VectorOptions = {},
  ): void {
    const encoding: VectorEncoding = vectorInstructions[name];
    let reg = operands[0] as number;
    let vvvv = 0;
    let rm = operands[1]!;
    switch (encoding.form) {
      case "rvm":
        vvvv = rm as number;
        rm = operands[2]!;
        break;
      case "rm":
        vvvv = (operands[2] as number | undefined) ?? 0;
        break;
      case "mr":
        reg = rm as number;
        rm = operands[0]!;
        break;
      case "vm":
        vvvv = reg;
        reg = encoding.digit!;
        break;
      case "mvr":
        vvvv = rm as number;
        reg = operands[2] as number;
        rm = operands[0]!;
    }
    const hasHigh = reg >= 16 || vvvv >= 16 || (typeof rm === "number" && rm >= 16);
    const evex = needsEvex(encoding, bits, hasHigh, options);
    if (evex) this.#evex(encoding, bits, reg, vvvv, rm, options);
    else this.#vex(encoding, bits, reg, vvvv, rm);
    const scale = evex ? displacementScale(encoding, bits, options) : 1;
    this.#modrm(reg, rm, scale, encoding.immediate ? 1 : 0);
    if (encoding.immediate) this.#bytes.push(options.immediate! & 0xff);
  }

  #vex(encoding: VectorEncoding, bits: number, reg: number, vvvv: number, rm: Operand): void {
    const { x, b } = extensions(rm);
    const last = ((~vvvv & 15) << 3) | (bits === 256 ? 4 : 0) | encoding.prefix;
    const r = reg & 8 ? 0 : 0x80;
    if (encoding.map === 1 && !x && !b && !encoding.w) this.#bytes.push(0xc5, r | last);
    else
      this.#bytes.push(
        0xc4,
        r | (x ? 0 : 0x40) | (b ? 0 : 0x20) | encoding.map,
        (encoding.w ? 0x80 : 0) | last,
      );
    this.#bytes.push(encoding.opcode);
  }

  #evex(
    encoding: VectorEncoding,
    bits: number,
    reg: number,
    vvvv: number,
    rm: Operand,
    { mask = 0, zero = false, broadcast = false }: VectorOptions,
  ): void {
    const { x, b } = extensions(rm);
    const highIndex = typeof rm !== "number" && "base" in rm && (rm.index ?? 0) >= 16;
    const high = encoding.form === "rm" && highIndex ? 16 : vvvv;
    this.#bytes.push(
      0x62,
      (reg & 8 ? 0 : 0x80) | (x ? 0 : 0x40) | (b ? 0 : 0x20) | (reg & 16 ? 0 : 0x10) | encoding.map,
      (encoding.w ? 0x80 : 0) | ((~vvvv & 15) << 3) | 4 | encoding.prefix,
      (zero ? 0x80 : 0) | ((bits >> 8) << 5) | (broadcast ? 0x10 : 0) | (high & 16 ? 0 : 8) | mask,
      encoding.opcode,
    );
  }

  #rex(wide: boolean, reg: number, rm: Operand, force = false): void {
    const { x, b } = extensions(rm);
    const rex = (wide ? 8 : 0) | (reg & 8 ? 4 : 0) | (x ? 2 : 0) | (b ? 1 : 0);
    if (rex !== 0 || force) this.#bytes.push(0x40 | rex);
  }

  /** `trailing`: bytes of the instruction that follow a displacement relative to its end. */
  #modrm(reg: number, rm: Operand, scale: number, trailing: number): void {
    const field = (reg & 7) << 3;
    if (typeof rm === "number") {
      this.#bytes.push(0xc0 | field | (rm & 7));
    } else if ("label" in rm) {
      this.#bytes.push(field | 5);
      this.#relative(rm.label, -trailing);
    } else {
      this.#address(field, rm, scale);
    }
  }

  #address(field: number, { base, index, scale = 1, offset }: BasedMemory, unit: number): void {
    const short = offset % unit === 0 && isByte(offset / unit);
    const mode = offset === 0 && (base & 7) !== 5 ? 0 : short ? 0x40 : 0x80;
    if (index === undefined && (base & 7) !== 4) {
      this.#bytes.push(mode | field | (base & 7));
    } else {
      const factor = scale === 1 ? 0 : scale === 2 ? 0x40 : scale === 4 ? 0x80 : 0xc0;
      this.#bytes.push(mode | field | 4, factor | (((index ?? 4) & 7) << 3) | (base & 7));
    }
    if (mode === 0x40) this.#bytes.push((offset / unit) & 0xff);
    else if (mode === 0x80) this.#integer32(offset);
  }

  #shortest(value: number): void {
    if (isByte(value)) this.#bytes.push(value & 0xff);
    else this.#integer32(value);
  }

  #integer32(value: number): void {
    this.#bytes.push(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff);
  }

  #relative(label: number, addend: number): void {
    this.#patches.push({ at: this.#bytes.length, label });
    this.#integer32(addend);
  }
}

function needsEvex(
  { only }: VectorEncoding,
  bits: number,
  hasHigh: boolean,
  { mask, broadcast }: VectorOptions,
): boolean {
  const evex =
    only === "evex" ||
    (only === undefined && (bits === 512 || mask !== undefined || broadcast === true || hasHigh));
  invariant(evex || !hasHigh, "this instruction reaches vector registers 0 to 15 only");
  return evex;
}

/** Bit 3 of a register's or index's number, and of a base's; bit 4 of a vector register stands in x. */
function extensions(rm: Operand): { x: boolean; b: boolean } {
  if (typeof rm === "number") return { x: (rm & 16) !== 0, b: (rm & 8) !== 0 };
  if ("label" in rm) return { x: false, b: false };
  return { x: ((rm.index ?? 0) & 8) !== 0, b: (rm.base & 8) !== 0 };
}

function displacementScale(
  { tuple = "vector" }: { readonly tuple?: Tuple },
  bits: number,
  { broadcast }: VectorOptions,
): number {
  if (broadcast) return 4;
  if (tuple === "vector") return bits / 8;
  return tuple === "quarter" ? bits / 32 : tuple;
}
