/**
 * How a program lies in memory, as 32-bit words that workers read: a header, then for each stage its words, for each
 * of its launches those of the launch, and for each argument of that launch that differs by slice those of the
 * argument.
 */
import type { Plan, Stage } from "../../../compiler/plan.ts";

/** Word offsets in the header. */
export const ProgramHeader = {
  stages: 0,
  /** Bytes of a worker's own scratch. */
  sliceBytes: 1,
  /** How many stages, the first ones, are preparations. */
  preparations: 2,
  words: 3,
} as const;

/** Word offsets from where a stage starts. */
export const StageWord = {
  tasks: 0,
  launches: 1,
  /** 1 where any launch has arguments that differ by slice. */
  isSliced: 2,
  /** How many tasks a worker takes at once, at least. */
  atOnce: 3,
  words: 4,
} as const;

/** Word offsets from where a launch starts. */
export const LaunchWord = {
  kernel: 0,
  /** Address of the argument block of the first worker. */
  block: 1,
  /** The kernel's tasks. */
  tasks: 2,
  /** Bytes from one worker's argument block to the next one's; 0: all have the same. */
  stride: 3,
  /** How many arguments differ by slice. */
  slices: 4,
  words: 5,
} as const;

/** Word offsets from where an argument that differs by slice starts. */
export const SliceWord = {
  /** Its first word in the argument block. */
  word: 0,
  /** Its value for worker 0 and slice 0; `high` is negative where it has a single word. */
  low: 1,
  high: 2,
  /** Bytes of a slice. */
  bytes: 3,
  words: 4,
} as const;

/** Tells layouts apart. */
export const programLayout: string = [ProgramHeader, StageWord, LaunchWord, SliceWord]
  .flatMap((words) => Object.entries(words))
  .join();

/** An argument that points into a worker's own scratch: at slice s, s·bytes before its value for slice 0. */
export interface SliceArgument {
  readonly word: number;
  readonly low: number;
  readonly high: number;
  readonly bytes: number;
}

/** Where a launch finds its arguments. */
export interface LaunchArguments {
  readonly block: number;
  readonly stride: number;
  readonly slices: readonly SliceArgument[];
}

/** `argumentsOf` tells of a launch, counted through all stages; `atOnce` how many tasks are taken at once, at least. */
export function encodeProgram(
  { stages, sliceBytes, preparations }: Pick<Plan, "stages" | "sliceBytes" | "preparations">,
  argumentsOf: (launch: number) => LaunchArguments,
  atOnce: (stage: Stage) => number,
): Int32Array {
  const words = [stages.length, sliceBytes, preparations];
  let launches = 0;
  for (const stage of stages) {
    const own = stage.launches.map(() => argumentsOf(launches++));
    const isSliced = own.some(({ slices }) => slices.length > 0);
    words.push(stage.tasks, stage.launches.length, isSliced ? 1 : 0, atOnce(stage));
    stage.launches.forEach(({ kernel, tasks }, at) => {
      const { block, stride, slices } = own[at]!;
      words.push(kernel, block, tasks, stride, slices.length);
      for (const { word, low, high, bytes } of slices) words.push(word, low, high, bytes);
    });
  }
  return Int32Array.from(words, (word) => word | 0);
}

/** Where the launch after that one starts in the program block. */
export function nextLaunch(program: Int32Array, at: number): number {
  return at + LaunchWord.words + SliceWord.words * program[at + LaunchWord.slices]!;
}
