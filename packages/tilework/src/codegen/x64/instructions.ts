/**
 * Encodings of the x86-64 instructions that kernels use (Intel SDM volume 2). One row an instruction.
 *
 * Vector rows: the opcode map (1: 0F, 2: 0F38, 3: 0F3A), the mandatory prefix (0: none, 1: 66, 2: F3, 3: F2), the
 * opcode, and how operands, in Intel order, go into the fields:
 *   rvm  reg, vvvv, r/m        rm  reg, r/m        mr  r/m, reg        vm  vvvv, r/m (reg holds `digit`)
 *   mvr  r/m, vvvv, reg
 */
export type Form = "rvm" | "rm" | "mr" | "vm" | "mvr";

/** Bytes by which EVEX scales 8-bit displacements: a whole vector, a quarter of one, or a fixed number. */
export type Tuple = "vector" | "quarter" | 1 | 4 | 8 | 16 | 32;

export interface VectorEncoding {
  readonly map: 1 | 2 | 3;
  readonly prefix: 0 | 1 | 2 | 3;
  readonly opcode: number;
  readonly form: Form;
  readonly w?: 1;
  readonly digit?: number;
  readonly tuple?: Tuple;
  /** Where only one of the two encodings exists. */
  readonly only?: "vex" | "evex";
  readonly immediate?: true;
  /** What assemblers call the instruction in each encoding, where that is not the row's name. */
  readonly vexName?: string;
  readonly evexName?: string;
}

const row = (
  map: 1 | 2 | 3,
  prefix: 0 | 1 | 2 | 3,
  opcode: number,
  form: Form,
  more: Partial<VectorEncoding> = {},
): VectorEncoding => ({ map, prefix, opcode, form, ...more });

const integer = (
  map: 1 | 2 | 3,
  opcode: number,
  form: Form,
  more: Partial<VectorEncoding> = {},
): VectorEncoding => row(map, 1, opcode, form, more);

export type VectorInstruction =
  | "vmovups"
  | "vmovupsStore"
  | "vmovaps"
  | "vmovntps"
  | "vmovss"
  | "vmovssStore"
  | "vbroadcastss"
  | "vpbroadcastd"
  | "vpbroadcastdFromInteger"
  | "vmovd"
  | "vmovdStore"
  | "vpmovzxbd"
  | "vpmovdb"
  | "vmaskmovps"
  | "vmaskmovpsStore"
  | "vaddps"
  | "vmulps"
  | "vsubps"
  | "vminps"
  | "vdivps"
  | "vmaxps"
  | "vsqrtps"
  | "vfmadd132ps"
  | "vfmadd213ps"
  | "vfmadd231ps"
  | "vroundps"
  | "vcmpps"
  | "vcmppsMask"
  | "vcvtdq2ps"
  | "vcvttps2dq"
  | "vshufps"
  | "vshuff32x4"
  | "vpermilps"
  | "vpermps"
  | "vpermi2ps"
  | "vblendps"
  | "vblendvps"
  | "vblendmps"
  | "vfixupimmps"
  | "vinsertps"
  | "vextractps"
  | "vinsertf128"
  | "vextractf128"
  | "vextractf64x4"
  | "vpaddd"
  | "vpsubd"
  | "vpmulld"
  | "vpminsd"
  | "vpmaxsd"
  | "vpabsd"
  | "vpand"
  | "vpor"
  | "vpxor"
  | "vpslld"
  | "vpsrld"
  | "vpsrad"
  | "vpcmpeqd"
  | "vpcmpgtd"
  | "vpcmpd"
  | "vpcmpb"
  | "vpternlogd"
  | "vpshufb"
  | "vpinsrb"
  | "vpinsrd"
  | "vpextrb"
  | "vgatherdps"
  | "vgatherdpsVector"
  | "kmovw"
  | "kmovwStore"
  | "kmovwFromInteger"
  | "kandw"
  | "kandnw"
  | "korw"
  | "kxorw"
  | "knotw";

export const vectorInstructions: Readonly<Record<VectorInstruction, VectorEncoding>> = {
  vmovups: row(1, 0, 0x10, "rm"),
  vmovupsStore: row(1, 0, 0x11, "mr", { vexName: "vmovups", evexName: "vmovups" }),
  vmovaps: row(1, 0, 0x28, "rm"),
  vmovntps: row(1, 0, 0x2b, "mr"),
  vmovss: row(1, 2, 0x10, "rm", { tuple: 4 }),
  vmovssStore: row(1, 2, 0x11, "mr", { tuple: 4, vexName: "vmovss", evexName: "vmovss" }),
  vbroadcastss: row(2, 1, 0x18, "rm", { tuple: 4 }),
  vpbroadcastd: row(2, 1, 0x58, "rm", { tuple: 4 }),
  vpbroadcastdFromInteger: row(2, 1, 0x7c, "rm", { only: "evex", evexName: "vpbroadcastd" }),
  vmovd: row(1, 1, 0x6e, "rm", { tuple: 4 }),
  vmovdStore: row(1, 1, 0x7e, "mr", { tuple: 4, vexName: "vmovd", evexName: "vmovd" }),
  vpmovzxbd: row(2, 1, 0x31, "rm", { tuple: "quarter" }),
  vpmovdb: row(2, 2, 0x31, "mr", { tuple: "quarter", only: "evex" }),
  vmaskmovps: row(2, 1, 0x2c, "rvm", { only: "vex" }),
  vmaskmovpsStore: row(2, 1, 0x2e, "mvr", { only: "vex", vexName: "vmaskmovps" }),

  vaddps: row(1, 0, 0x58, "rvm"),
  vmulps: row(1, 0, 0x59, "rvm"),
  vsubps: row(1, 0, 0x5c, "rvm"),
  vminps: row(1, 0, 0x5d, "rvm"),
  vdivps: row(1, 0, 0x5e, "rvm"),
  vmaxps: row(1, 0, 0x5f, "rvm"),
  vsqrtps: row(1, 0, 0x51, "rm"),
  vfmadd132ps: row(2, 1, 0x98, "rvm"),
  vfmadd213ps: row(2, 1, 0xa8, "rvm"),
  vfmadd231ps: row(2, 1, 0xb8, "rvm"),
  vroundps: row(3, 1, 0x08, "rm", { immediate: true, evexName: "vrndscaleps" }),
  vcmpps: row(1, 0, 0xc2, "rvm", { immediate: true, only: "vex" }),
  vcmppsMask: row(1, 0, 0xc2, "rvm", { immediate: true, only: "evex", evexName: "vcmpps" }),
  vcvtdq2ps: row(1, 0, 0x5b, "rm"),
  vcvttps2dq: row(1, 2, 0x5b, "rm"),
  vshufps: row(1, 0, 0xc6, "rvm", { immediate: true }),
  vshuff32x4: row(3, 1, 0x23, "rvm", { immediate: true, only: "evex" }),
  vpermilps: row(3, 1, 0x04, "rm", { immediate: true }),
  vpermps: row(2, 1, 0x16, "rvm"),
  vpermi2ps: row(2, 1, 0x77, "rvm", { only: "evex" }),
  vblendps: row(3, 1, 0x0c, "rvm", { immediate: true, only: "vex" }),
  vblendvps: row(3, 1, 0x4a, "rvm", { immediate: true, only: "vex" }),
  vblendmps: row(2, 1, 0x65, "rvm", { only: "evex" }),
  vfixupimmps: row(3, 1, 0x54, "rvm", { immediate: true, only: "evex" }),
  vinsertps: row(3, 1, 0x21, "rvm", { immediate: true, tuple: 4 }),
  vextractps: row(3, 1, 0x17, "mr", { immediate: true, tuple: 4 }),
  vinsertf128: row(3, 1, 0x18, "rvm", { immediate: true, tuple: 16, evexName: "vinsertf32x4" }),
  vextractf128: row(3, 1, 0x19, "mr", { immediate: true, tuple: 16, evexName: "vextractf32x4" }),
  vextractf64x4: row(3, 1, 0x1b, "mr", { immediate: true, tuple: 32, only: "evex", w: 1 }),

  vpaddd: integer(1, 0xfe, "rvm"),
  vpsubd: integer(1, 0xfa, "rvm"),
  vpmulld: integer(2, 0x40, "rvm"),
  vpminsd: integer(2, 0x39, "rvm"),
  vpmaxsd: integer(2, 0x3d, "rvm"),
  vpabsd: integer(2, 0x1e, "rm"),
  vpand: integer(1, 0xdb, "rvm", { evexName: "vpandd" }),
  vpor: integer(1, 0xeb, "rvm", { evexName: "vpord" }),
  vpxor: integer(1, 0xef, "rvm", { evexName: "vpxord" }),
  vpslld: integer(1, 0x72, "vm", { immediate: true, digit: 6 }),
  vpsrld: integer(1, 0x72, "vm", { immediate: true, digit: 2 }),
  vpsrad: integer(1, 0x72, "vm", { immediate: true, digit: 4 }),
  vpcmpeqd: integer(1, 0x76, "rvm", { only: "vex" }),
  vpcmpgtd: integer(1, 0x66, "rvm", { only: "vex" }),
  vpcmpd: integer(3, 0x1f, "rvm", { immediate: true, only: "evex" }),
  vpcmpb: integer(3, 0x3f, "rvm", { immediate: true, only: "evex" }),
  vpternlogd: integer(3, 0x25, "rvm", { immediate: true, only: "evex" }),
  vpshufb: integer(2, 0x00, "rvm"),
  vpinsrb: integer(3, 0x20, "rvm", { immediate: true, tuple: 1 }),
  vpinsrd: integer(3, 0x22, "rvm", { immediate: true, tuple: 4 }),
  vpextrb: integer(3, 0x14, "mr", { immediate: true, tuple: 1 }),
  vgatherdps: integer(2, 0x92, "rm", { only: "evex", tuple: 4 }),
  vgatherdpsVector: integer(2, 0x92, "rm", { only: "vex", vexName: "vgatherdps" }),

  kmovw: row(1, 0, 0x90, "rm", { only: "vex" }),
  kmovwStore: row(1, 0, 0x91, "mr", { only: "vex", vexName: "kmovw" }),
  kmovwFromInteger: row(1, 0, 0x92, "rm", { only: "vex", vexName: "kmovw" }),
  kandw: row(1, 0, 0x41, "rvm", { only: "vex" }),
  kandnw: row(1, 0, 0x42, "rvm", { only: "vex" }),
  korw: row(1, 0, 0x45, "rvm", { only: "vex" }),
  kxorw: row(1, 0, 0x47, "rvm", { only: "vex" }),
  knotw: row(1, 0, 0x44, "rm", { only: "vex" }),
};

export type IntegerInstruction =
  | "mov"
  | "movStore"
  | "movByteStore"
  | "movsxd"
  | "movzxByte"
  | "lea"
  | "add"
  | "and"
  | "sub"
  | "xor"
  | "cmp"
  | "test"
  | "imul"
  | "cmovl"
  | "cmovg";

/** Integer instructions with a register and a register or memory operand, by their opcode bytes. */
export const integerInstructions: Readonly<Record<IntegerInstruction, readonly number[]>> = {
  mov: [0x8b],
  movStore: [0x89],
  movByteStore: [0x88],
  movsxd: [0x63],
  movzxByte: [0x0f, 0xb6],
  lea: [0x8d],
  add: [0x03],
  and: [0x23],
  sub: [0x2b],
  xor: [0x33],
  cmp: [0x3b],
  test: [0x85],
  imul: [0x0f, 0xaf],
  cmovl: [0x0f, 0x4c],
  cmovg: [0x0f, 0x4f],
};

/** The opcode's digit for an integer register and an immediate. */
export const immediateInstructions = { add: 0, and: 4, sub: 5, cmp: 7 } as const;
export type ImmediateInstruction = keyof typeof immediateInstructions;

export const shiftInstructions = { shl: 4, shr: 5, sar: 7 } as const;
export type ShiftInstruction = keyof typeof shiftInstructions;

/** Conditions of jumps, signed. */
export const conditions = { e: 0x4, ne: 0x5, l: 0xc, ge: 0xd, le: 0xe, g: 0xf } as const;
export type Condition = keyof typeof conditions;
