/**
 * How a program and a run of its steps lie in memory, as 32-bit words that workers read.
 *
 * Program block: the number of stages, the bytes of a worker's own scratch and how many stages are preparations; for
 * each stage its tasks, its number of launches, whether any has arguments that differ by slice, and how many tasks a
 * worker takes at once, at least; for each launch the kernel, the address of its argument block, its number of kernel
 * tasks, from one worker's argument block to the next one's (0: all have the same), and for each argument that differs
 * by slice its first word in the block, the low and high word of its value for worker 0 and slice 0 (high -1: it has a
 * single word), and the bytes of a slice.
 *
 * Run block: a header (`RunHeader`), the destination of each input, a table of outputs (source, bytes, offset in a
 * step's results), then for each step and input the address of the first row, the address of the list of row numbers
 * (0: the rows follow each other), bytes of a row, rows.
 */
import type { Plan, Stage } from "../../../compiler/plan.ts";

export const programHeaderWords = 3;
export const stageWords = 4;

/** Word offsets in the run block's header. */
export const RunHeader = {
  steps: 0,
  program: 1,
  programWords: 2,
  inputs: 3,
  outputs: 4,
  /** 1 where an input's memory may be an output's: then results are saved before the next step's data come in. */
  separate: 5,
  results: 6,
  resultStride: 7,
  /** Where each launch's shortest milliseconds are kept, 64-bit floats; 0: launches are not timed. */
  times: 8,
  /** The task board, and the points that it has. */
  board: 9,
  points: 10,
  /** 1 where the first step begins with the preparations. */
  prepares: 11,
  /** 0 until the first step's inputs are in; before then no variable has changed. */
  begun: 12,
  words: 13,
} as const;

/** Tells whether two parties read run blocks alike: a cached worker script may be of another build than the page. */
export const runLayout: string = [stageWords, ...Object.entries(RunHeader)].join();

export const outputWords = 3;
export const feedWords = 4;

export interface RunInput {
  readonly destination: number;
  readonly bytes: number;
}

export interface RunOutput {
  readonly source: number;
  readonly bytes: number;
  /** Bytes from the start of the step's results. */
  readonly offset: number;
}

/** Where a step's rows of one input lie. */
export interface RunFeed {
  readonly address: number;
  readonly rowList: number;
  readonly rowBytes: number;
  readonly rows: number;
}

export interface Run {
  readonly program: number;
  readonly programWords: number;
  readonly inputs: readonly RunInput[];
  readonly outputs: readonly RunOutput[];
  readonly separate: boolean;
  readonly results: number;
  readonly resultStride: number;
  /** Address of one 64-bit float a launch; 0 where launches are not timed. */
  readonly times: number;
  readonly board: number;
  readonly points: number;
  readonly prepares: boolean;
  /** For each step one feed an input. */
  readonly feeds: readonly (readonly RunFeed[])[];
}

export function encodeRun(run: Run): Int32Array {
  return Int32Array.from([
    run.feeds.length,
    run.program,
    run.programWords,
    run.inputs.length,
    run.outputs.length,
    run.separate ? 1 : 0,
    run.results,
    run.resultStride,
    run.times,
    run.board,
    run.points,
    run.prepares ? 1 : 0,
    0,
    ...run.inputs.map((input) => input.destination),
    ...run.outputs.flatMap((output) => [output.source, output.bytes, output.offset]),
    ...run.feeds.flatMap((step) =>
      step.flatMap((feed) => [feed.address, feed.rowList, feed.rowBytes, feed.rows]),
    ),
  ]);
}

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
  return at + 5 + 4 * program[at + 4]!;
}
