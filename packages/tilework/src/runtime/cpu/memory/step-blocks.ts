/** The blocks of memory that a step takes beside its scratch memory; where they depend on more, at most so many bytes. */
import type { Plan } from "../../../compiler/plan.ts";
import { loadsOf } from "../../../kernel/access.ts";
import type { LoadIndex } from "../../../kernel/expression.ts";
import type { Nest } from "../../../kernel/nest.ts";
import { pointsOf } from "../pool/driver.ts";
import { LaunchWord, ProgramHeader, SliceWord, StageWord } from "../pool/program-block.ts";
import { FeedWord, OutputWord, RunHeader } from "../pool/run-block.ts";
import { boardBytes } from "../pool/task-board.ts";
import { aligned } from "./allocator.ts";

const wordBytes = 4;
const addressBytes = 8;

export interface StepBlocks {
  /** Blocks that stay with the program. */
  readonly program: readonly number[];
  /** Blocks of one run of one step. */
  readonly run: readonly number[];
}

/** `namesRows`: data are on the device already, and a step brings the numbers of its rows only. */
export function stepBlocks(plan: Plan, workers: number, namesRows: boolean): StepBlocks {
  const bytesOf = (buffer: number): number => plan.buffers[buffer]!.bytes;
  const inputs = Object.values(plan.inputs);
  const outputs = Object.values(plan.outputs);
  const launches = plan.stages.flatMap((stage) => stage.launches);
  const staged = inputs.map((buffer) => {
    const rows = plan.buffers[buffer]!.buffer.shape[0] ?? 1;
    return aligned(namesRows ? Math.max(wordBytes * rows, smallInput) : bytesOf(buffer));
  });
  const points = pointsOf(plan.stages.length, launches.length, false);
  const runWords = RunHeader.words + inputs.length * (1 + FeedWord.words) + outputs.length * OutputWord.words;
  return {
    program: [aligned(programBytes(plan, workers)), tableBytes(plan), plan.preparedBytes],
    run: [
      sum(staged),
      sum(outputs.map((buffer) => aligned(bytesOf(buffer)))),
      boardBytes(points, workers),
      wordBytes * runWords,
    ],
  };
}

/** Bytes of inputs that come with the step where others are on the device: scalars, seeds. */
const smallInput = 64;

function programBytes({ stages }: Plan, workers: number): number {
  let bytes = wordBytes * ProgramHeader.words;
  for (const { launches } of stages) {
    bytes += wordBytes * StageWord.words;
    for (const { buffers } of launches) {
      bytes += wordBytes * (LaunchWord.words + SliceWord.words * buffers.length);
      bytes += workers * aligned(addressBytes * (buffers.length + tablesOfLaunch));
    }
  }
  return bytes;
}

/** Tables that a kernel has beside its buffers, mostly none. */
const tablesOfLaunch = 4;

/** Calls ask again and again. */
const knownTableBytes = new WeakMap<Plan, number>();

function tableBytes(plan: Plan): number {
  const known = knownTableBytes.get(plan);
  if (known !== undefined) return known;
  const bytes = bytesOfTables(plan);
  knownTableBytes.set(plan, bytes);
  return bytes;
}

function bytesOfTables({ kernels }: Plan): number {
  return sum(kernels.map(({ nest }) => sum(tableLengths(nest).map((length) => aligned(wordBytes * length)))));
}

function tableLengths(nest: Nest): number[] {
  const accesses: readonly (readonly LoadIndex[])[] = [...loadsOf(nest), ...nest.stores].map(
    ({ index }) => index,
  );
  return accesses
    .flat()
    .flatMap((index) => ("dynamic" in index ? [] : index.terms))
    .flatMap((term) => ("table" in term ? [term.table.length] : []));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
