/** Lanes in another order, from one vector or from two. */
import { invariant } from "../../util/errors.ts";
import type { VectorStatement } from "../kernel-code.ts";
import type { KernelWriter } from "./kernel-writer.ts";

type Permutation = Extract<VectorStatement, { op: "permute" }>;

/** Lanes of a quarter. */
const quarter = 4;

/**
 * The immediate that permutes each quarter of a vector within itself, all alike; undefined where the permutation is
 * another one.
 */
function quarterOrder({ y, lanes }: Permutation): number | undefined {
  const first = lanes.slice(0, quarter);
  const isAlike = lanes.every((lane, at) => lane === first[at % quarter]! + at - (at % quarter));
  if (y !== undefined || !isAlike || first.some((lane) => lane >= quarter)) return undefined;
  return first.reduce((immediate, lane, at) => immediate | (lane << (2 * at)), 0);
}

/** How an instruction permutes without a table of lanes. */
interface Shuffle {
  readonly name: "vpermilps" | "vshufps" | "vshuff32x4";
  readonly immediate: number;
}

/**
 * The instruction that permutes alike in each quarter, half of it from either vector, or that takes whole quarters, the
 * lower ones from the first vector; undefined where the permutation is another one.
 */
export function shuffleOf(statement: Permutation): Shuffle | undefined {
  const { y, lanes } = statement;
  const immediate = quarterOrder(statement);
  if (immediate !== undefined) return { name: "vpermilps", immediate };
  const count = lanes.length;
  const isLower = (at: number): boolean => lanes[at]! < count;
  const second = y === undefined ? 0 : count;
  const halves = lanes.every((lane, at) => {
    const place = at % quarter;
    const from = place < quarter / 2 ? 0 : second;
    return lane === (lanes[place]! % count) + from + at - place && lanes[place]! % count < quarter;
  });
  const encode = (selected: readonly number[]): number =>
    selected.reduce((bits, each, at) => bits | (each << (2 * at)), 0);
  if (halves)
    return { name: "vshufps", immediate: encode(lanes.slice(0, quarter).map((lane) => lane % count)) };
  if (count !== quarter * quarter) return undefined;
  const firsts = lanes.filter((_, at) => at % quarter === 0);
  const isWhole = lanes.every((lane, at) => lane === firsts[Math.floor(at / quarter)]! + (at % quarter));
  const isSplit = y === undefined || lanes.every((_, at) => isLower(at) === at < count / 2);
  if (!isWhole || !isSplit || firsts.some((first) => first % quarter !== 0)) return undefined;
  return { name: "vshuff32x4", immediate: encode(firsts.map((first) => (first % count) / quarter)) };
}

/** The lanes that each vector gives, as the instructions take them. AVX2 permutes each by itself, then blends. */
export function laneIndices({ lanes }: Permutation, count: number, isBoth: boolean): number[] {
  return isBoth ? [...lanes] : lanes.map((lane) => lane % count);
}

/** `indices` holds what `laneIndices` gives. */
export function computePermutation(
  writer: KernelWriter,
  statement: Permutation,
  indices: number | undefined,
  temporaries: readonly number[],
  target: number,
): void {
  const { assembler, bits } = writer;
  const { x, y, lanes } = statement;
  const shuffle = shuffleOf(statement);
  if (shuffle !== undefined) {
    const { name, immediate } = shuffle;
    const operands =
      name === "vpermilps"
        ? [target, writer.vectorOperand(x)]
        : [target, writer.readVector(x), writer.vectorOperand(y ?? x)];
    assembler.vector(name, bits, operands, { immediate });
    return;
  }
  invariant(indices !== undefined, "a permutation has its lanes in a register");
  const order = writer.vectorOperand(indices);
  if (y !== undefined && writer.cpu === "avx512") {
    const first = writer.readVector(x);
    assembler.vector("vmovups", bits, [target, order]);
    assembler.vector("vpermi2ps", bits, [target, first, writer.vectorOperand(y)]);
    return;
  }
  const permute = (to: number, from: number): void => {
    if (typeof order !== "number") assembler.vector("vmovups", bits, [to, order]);
    const by = typeof order === "number" ? order : to;
    assembler.vector("vpermps", bits, [to, by, writer.vectorOperand(from)]);
  };
  permute(target, x);
  if (y === undefined) return;
  const second = writer.readVector(temporaries[0]!);
  permute(second, y);
  const blended = lanes.reduce((mask, lane, at) => mask | (lane >= writer.lanes ? 1 << at : 0), 0);
  assembler.vector("vblendps", bits, [target, target, second], { immediate: blended });
}
