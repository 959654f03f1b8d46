/**
 * Combines 16 virtual lanes by the tree of nest.ts: l with l+8, l+4, l+2, l+1. The earlier lane is always the left
 * operand, so that the first of equals (0 and -0) stays.
 */
import { invariant } from "../../util/errors.ts";
import type { VectorStatement } from "../kernel-code.ts";
import type { Operand } from "./assembler.ts";
import type { VectorInstruction } from "./instructions.ts";
import { type KernelWriter, scratchMask } from "./kernel-writer.ts";

type ReduceLanes = Extract<VectorStatement, { op: "reduceLanes" }>;

const instructions: Record<ReduceLanes["reduce"], { f32: VectorInstruction; i32: VectorInstruction }> = {
  add: { f32: "vaddps", i32: "vpaddd" },
  max: { f32: "vmaxps", i32: "vpmaxsd" },
  min: { f32: "vminps", i32: "vpminsd" },
};

const unordered = 3;

export function computeReduceLanes(
  writer: KernelWriter,
  { reduce, to, from }: ReduceLanes,
  temporaries: readonly number[],
  target: number,
): void {
  const { assembler, bits } = writer;
  invariant(from.length === 16 / writer.lanes, `reduceLanes of ${from.length} registers`);
  const floats = writer.typeOf(to) === "f32";
  const name = instructions[reduce][floats ? "f32" : "i32"];
  const [right, flags] = temporaries.map((register) => writer.readVector(register)) as [number, number];
  const combine = (width: 128 | 256 | 512, left: number, other: number): void => {
    if (reduce === "add" || !floats) assembler.vector(name, width, [target, left, other]);
    else combineExtremes(writer, name, width, { target, left, right: other, flags });
  };
  const first = writer.readVector(from[0]!);
  if (bits === 512) {
    assembler.vector("vextractf64x4", 512, [right, first], { immediate: 1 });
    combine(256, first, right);
  } else {
    combine(256, first, writer.readVector(from[1]!));
  }
  assembler.vector("vextractf128", 256, [right, target], { immediate: 1 });
  combine(128, target, right);
  assembler.vector("vpermilps", 128, [right, target], { immediate: 0b1110 });
  combine(128, target, right);
  assembler.vector("vpermilps", 128, [right, target], { immediate: 1 });
  combine(128, target, right);
  const lane: Operand = target;
  assembler.vector("vbroadcastss", bits, [target, lane]);
}

/** The right one where it is beyond the left one or NaN, else the left one: a NaN on either side comes out. */
function combineExtremes(
  writer: KernelWriter,
  name: VectorInstruction,
  width: 128 | 256 | 512,
  { target, left, right, flags }: { target: number; left: number; right: number; flags: number },
): void {
  const { assembler } = writer;
  assembler.vector(name, width, [target, right, left]);
  if (writer.cpu === "avx512") {
    assembler.vector("vcmppsMask", width, [scratchMask, right, right], { immediate: unordered });
    assembler.vector("vmovups", width, [target, right], { mask: scratchMask });
    return;
  }
  assembler.vector("vcmpps", width, [flags, right, right], { immediate: unordered });
  assembler.vector("vblendvps", width, [target, target, right], { immediate: flags << 4 });
}
