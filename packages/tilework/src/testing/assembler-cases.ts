/**
 * One case for each instruction, width and kind of operand that the assembler offers, with its Intel syntax for a
 * real assembler. Some operands are avoided for which assemblers know a second, shorter encoding.
 */
import type { Assembler, BasedMemory, Operand, VectorOptions } from "../codegen/x64/assembler.ts";
import {
  conditions,
  type ImmediateInstruction,
  type IntegerInstruction,
  immediateInstructions,
  integerInstructions,
  type ShiftInstruction,
  shiftInstructions,
  type VectorEncoding,
  type VectorInstruction,
  vectorInstructions,
} from "../codegen/x64/instructions.ts";

export interface AssemblerCase {
  readonly text: string;
  readonly emit: (assembler: Assembler) => void;
}

type Bits = 128 | 256 | 512;
type RegisterClass = "vector" | "xmm" | "ymm" | "k" | "r32" | "none";

const integer64 = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
const integer32 = "eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d".split(" ");
const integer8 = "al cl dl bl spl bpl sil dil r8b r9b r10b r11b r12b r13b r14b r15b".split(" ");
const vectorNames = { 128: "xmm", 256: "ymm", 512: "zmm" } as const;

/** Where an operand (by position) is no vector of the instruction's width. */
const unusualClasses: Partial<Record<VectorInstruction, readonly RegisterClass[]>> = {
  vbroadcastss: ["vector", "xmm"],
  vpbroadcastd: ["vector", "xmm"],
  vpbroadcastdFromInteger: ["vector", "r32"],
  vmovss: ["vector", "none"],
  vmovssStore: ["none", "vector"],
  vmovupsStore: ["none", "vector"],
  vmovntps: ["none", "vector"],
  vmovd: ["vector", "r32"],
  vmovdStore: ["r32", "vector"],
  vpmovzxbd: ["vector", "xmm"],
  vpmovdb: ["xmm", "vector"],
  vmaskmovps: ["vector", "vector", "none"],
  vmaskmovpsStore: ["none", "vector", "vector"],
  vcmppsMask: ["k", "vector", "vector"],
  vpcmpd: ["k", "vector", "vector"],
  vpcmpb: ["k", "vector", "vector"],
  vinsertps: ["vector", "vector", "xmm"],
  vextractps: ["r32", "vector"],
  vinsertf128: ["vector", "vector", "xmm"],
  vextractf128: ["xmm", "vector"],
  vextractf64x4: ["ymm", "vector"],
  vpinsrb: ["vector", "vector", "r32"],
  vpinsrd: ["vector", "vector", "r32"],
  vpextrb: ["r32", "vector"],
  kmovw: ["k", "k"],
  kmovwStore: ["none", "k"],
  kmovwFromInteger: ["k", "r32"],
  kandw: ["k", "k", "k"],
  kandnw: ["k", "k", "k"],
  korw: ["k", "k", "k"],
  kxorw: ["k", "k", "k"],
  knotw: ["k", "k"],
};

const widths: Partial<Record<VectorInstruction, readonly Bits[]>> = {
  vmovss: [128],
  vmovssStore: [128],
  vmovd: [128],
  vmovdStore: [128],
  vmaskmovps: [128, 256],
  vmaskmovpsStore: [128, 256],
  vcmpps: [128, 256],
  vpcmpeqd: [128, 256],
  vpcmpgtd: [128, 256],
  vpermps: [256, 512],
  vshuff32x4: [256, 512],
  vblendps: [128, 256],
  vblendvps: [128, 256],
  vbroadcastss: [256, 512],
  vinsertps: [128],
  vextractps: [128],
  vinsertf128: [256, 512],
  vextractf128: [256, 512],
  vextractf64x4: [512],
  vpinsrb: [128],
  vpinsrd: [128],
  vpextrb: [128],
  vpcmpb: [128],
  kmovw: [128],
  kmovwStore: [128],
  kmovwFromInteger: [128],
  kandw: [256],
  kandnw: [256],
  korw: [256],
  kxorw: [256],
  knotw: [128],
};

const noMemory: ReadonlySet<VectorInstruction> = new Set([
  ...(["vpbroadcastdFromInteger", "kmovwFromInteger", "kandw", "kandnw", "korw", "kxorw", "knotw"] as const),
]);

/** VEX shifts by an immediate take registers only. */
const evexMemoryOnly: ReadonlySet<VectorInstruction> = new Set(["vpslld", "vpsrld", "vpsrad"]);

const memories: readonly BasedMemory[] = [
  { base: 7, offset: 0 },
  { base: 5, offset: 0 },
  { base: 13, offset: 64 },
  { base: 4, offset: 4 },
  { base: 12, index: 9, offset: 512 },
  { base: 1, index: 2, scale: 4, offset: -64 },
  { base: 8, offset: 8128 },
  { base: 3, offset: 8192 },
  { base: 14, index: 13, scale: 8, offset: -3 },
];

const gathers: ReadonlySet<VectorInstruction> = new Set(["vgatherdps", "vgatherdpsVector"]);

export function assemblerCases(): AssemblerCase[] {
  return [...vectorCases(), ...gatherCases(), ...integerCases()];
}

function vectorCases(): AssemblerCase[] {
  return (Object.keys(vectorInstructions) as VectorInstruction[])
    .filter((name) => !gathers.has(name))
    .flatMap((name) => (widths[name] ?? [128, 256, 512]).flatMap((bits) => casesOf(name, bits)));
}

function casesOf(name: VectorInstruction, bits: Bits): AssemblerCase[] {
  const encoding: VectorEncoding = vectorInstructions[name];
  const vexOnly = encoding.only === "vex";
  const classes = classesOf(name, encoding);
  const memoryAt = encoding.form === "mr" || encoding.form === "mvr" ? 0 : classes.length - 1;
  const registers = (high: boolean): number[] =>
    classes.map((kind, at) => {
      const number = [1, 5, 3][at]!;
      if (kind === "k") return number;
      if (kind === "r32") return 11;
      return high ? [30, 9, 19][at]! : number;
    });
  const immediate = encoding.immediate ? { immediate: name === "vblendvps" ? 0xc0 : 1 } : {};
  const all: AssemblerCase[] = [];
  const add = (operands: readonly Operand[], options: VectorOptions = {}): void => {
    all.push(vectorCase(name, bits, operands, { ...immediate, ...options }));
  };
  const evexAllowed = !vexOnly && !classes.every((kind) => kind === "k");
  if (classes[memoryAt] !== "none") {
    add(registers(false));
    if (evexAllowed) add(registers(true));
    if (vexOnly && !classes.includes("k")) add([14, 9, 3].slice(0, classes.length));
    if (canMask(name, classes) && classes[0] === "vector" && evexAllowed) {
      add(registers(false), { mask: 3 });
      add(registers(true), { mask: 7, zero: true });
    }
  }
  if (noMemory.has(name) || (evexMemoryOnly.has(name) && bits !== 512)) return all;
  for (const memory of memories) {
    add(registers(false).map((register, at) => (at === memoryAt ? memory : register)));
  }
  const [based] = memories;
  if (evexAllowed) add(registers(true).map((register, at) => (at === memoryAt ? based! : register)));
  if (canBroadcast(name, encoding))
    add(
      registers(true).map((register, at) => (at === memoryAt ? { base: 2, offset: 508 } : register)),
      { broadcast: true },
    );
  return all;
}

function classesOf(name: VectorInstruction, { form }: VectorEncoding): readonly RegisterClass[] {
  return unusualClasses[name] ?? (form === "rvm" ? ["vector", "vector", "vector"] : ["vector", "vector"]);
}

function canMask(name: VectorInstruction, classes: readonly RegisterClass[]): boolean {
  return !classes.includes("k") && !["vmovd", "vinsertps", "vpinsrb", "vpinsrd", "vpshufb"].includes(name);
}

function canBroadcast(name: VectorInstruction, { only, form, tuple, map, opcode }: VectorEncoding): boolean {
  const moves = map === 1 && [0x10, 0x11, 0x28, 0x2b].includes(opcode);
  const isOfBytes = name === "vpshufb" || name === "vpcmpb";
  return only !== "vex" && form !== "mr" && tuple === undefined && !moves && !isOfBytes;
}

function vectorCase(
  name: VectorInstruction,
  bits: Bits,
  operands: readonly Operand[],
  options: VectorOptions,
): AssemblerCase {
  const encoding: VectorEncoding = vectorInstructions[name];
  const classes = classesOf(name, encoding);
  const high = operands.some((operand) => typeof operand === "number" && operand >= 16);
  const evex =
    encoding.only === "evex" ||
    bits === 512 ||
    high ||
    options.mask !== undefined ||
    options.broadcast === true;
  const mnemonic = (evex ? encoding.evexName : encoding.vexName) ?? encoding.vexName ?? name;
  const shown = operands.map((operand, at) => {
    const text = showOperand(operand, classes[at]!, bits);
    if (options.broadcast && typeof operand !== "number") return `dword ptr ${text}{1to${bits / 32}}`;
    return at === 0 ? text + showMask(options) : text;
  });
  if (name === "vblendvps") shown.push(`${vectorNames[bits]}12`);
  else if (options.immediate !== undefined) shown.push(`${options.immediate}`);
  return {
    text: `${mnemonic} ${shown.join(", ")}`,
    emit: (assembler) => assembler.vector(name, bits, operands, options),
  };
}

function showMask({ mask, zero }: VectorOptions): string {
  return mask === undefined ? "" : `{k${mask}}${zero ? "{z}" : ""}`;
}

function showOperand(operand: Operand, kind: RegisterClass, bits: Bits): string {
  if (typeof operand !== "number") return showMemory(operand as BasedMemory);
  if (kind === "r32") return integer32[operand]!;
  return `${kind === "vector" ? vectorNames[bits] : kind}${operand}`;
}

function showMemory({ base, index, scale = 1, offset }: BasedMemory, indexName = integer64): string {
  const scaled = index === undefined ? "" : ` + ${indexName[index]} * ${scale}`;
  return `[${integer64[base]}${scaled}${offset === 0 ? "" : ` ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}`}]`;
}

function gatherCases(): AssemblerCase[] {
  const numbered = (prefix: string): string[] => Array.from({ length: 32 }, (_, i) => prefix + i);
  const address = (index: number): BasedMemory => ({ base: 9, index, scale: 4, offset: 16 });
  return [
    ...[2, 13, 29].map((index) => ({
      text: `vgatherdps zmm17{k3}, ${showMemory(address(index), numbered("zmm"))}`,
      emit: (assembler: Assembler) => assembler.vector("vgatherdps", 512, [17, address(index)], { mask: 3 }),
    })),
    ...[2, 13].map((index) => ({
      text: `vgatherdps ymm7, ${showMemory(address(index), numbered("ymm"))}, ymm10`,
      emit: (assembler: Assembler) => assembler.vector("vgatherdpsVector", 256, [7, address(index), 10]),
    })),
  ];
}

function integerCases(): AssemblerCase[] {
  const sized = (name: IntegerInstruction): boolean => name === "movByteStore" || name === "movzxByte";
  const loads = (Object.keys(integerInstructions) as IntegerInstruction[]).flatMap((name) => [
    ...memories.flatMap((memory) => (name === "test" ? [] : [integerCase(name, 64, 9, memory)])),
    ...memories
      .slice(0, 3)
      .flatMap((memory) => (name === "test" || name === "movsxd" ? [] : [integerCase(name, 32, 6, memory)])),
    ...(sized(name) || ["movStore", "lea", "mov", "movsxd", "add", "and", "sub", "xor", "cmp"].includes(name)
      ? []
      : [integerCase(name, 64, 3, 12), integerCase(name, 32, 14, 7)]),
  ]);
  const immediates = (Object.keys(immediateInstructions) as ImmediateInstruction[]).flatMap((name) =>
    [1, -128, 127, 128, -129, 1000000].flatMap((value) =>
      [3, 12].map((reg) => ({
        text: `${name} ${integer64[reg]}, ${value}`,
        emit: (assembler: Assembler) => assembler.immediate(name, reg, value),
      })),
    ),
  );
  const shifts = (Object.keys(shiftInstructions) as ShiftInstruction[]).flatMap((name) =>
    [2, 31, 63].map((count) => ({
      text: `${name} r10, ${count}`,
      emit: (assembler: Assembler) => assembler.shift(name, 10, count),
    })),
  );
  return [...loads, ...immediates, ...shifts, ...otherCases()];
}

function integerCase(
  name: IntegerInstruction,
  width: 32 | 64,
  reg: number,
  rm: number | BasedMemory,
): AssemblerCase {
  const plainName = name.replace("Store", "").replace("movzxByte", "movzx").replace("movByte", "mov");
  const register = (number: number): string => (width === 64 ? integer64 : integer32)[number]!;
  const size = name === "movzxByte" ? "byte ptr " : name === "movsxd" ? "dword ptr " : "";
  const place = typeof rm === "number" ? register(rm) : size + showMemory(rm);
  const source = name === "movByteStore" ? integer8[reg]! : register(reg);
  const store = name.endsWith("Store") || name === "test";
  // A byte store has no width of its own.
  const emitted = name === "movByteStore" ? 32 : width;
  return {
    text: store ? `${plainName} ${place}, ${source}` : `${plainName} ${source}, ${place}`,
    emit: (assembler) => assembler.integer(name, emitted, reg, rm),
  };
}

function otherCases(): AssemblerCase[] {
  const cases: AssemblerCase[] = [
    { text: "push rbx", emit: (assembler) => assembler.push(3) },
    { text: "push r12", emit: (assembler) => assembler.push(12) },
    { text: "pop rbp", emit: (assembler) => assembler.pop(5) },
    { text: "pop r15", emit: (assembler) => assembler.pop(15) },
    { text: "ret", emit: (assembler) => assembler.return() },
    { text: "sfence", emit: (assembler) => assembler.storeFence() },
    { text: "vzeroupper", emit: (assembler) => assembler.vzeroupper() },
    { text: "imul r9, rbx, 100", emit: (assembler) => assembler.multiplyByImmediate(9, 3, 100) },
    { text: "imul rbx, r9, -1000", emit: (assembler) => assembler.multiplyByImmediate(3, 9, -1000) },
    { text: "mov ecx, 5", emit: (assembler) => assembler.moveImmediate(1, 5) },
    { text: "mov r9d, 4294967295", emit: (assembler) => assembler.moveImmediate(9, 4294967295) },
    { text: "mov r9, -5", emit: (assembler) => assembler.moveImmediate(9, -5) },
  ];
  for (const condition of Object.keys(conditions) as (keyof typeof conditions)[])
    cases.push({
      text: `1: .fill 200, 1, 0x90; j${condition} 1b`,
      emit: (assembler) => {
        const label = assembler.label();
        assembler.bind(label);
        assembler.data(new Uint8Array(200).fill(0x90));
        assembler.jumpIf(condition, label);
      },
    });
  return cases;
}
