/**
 * How a run of a program's steps lies in memory, as 32-bit words that workers read: a header (`RunHeader`), the
 * destination of each input, a table of outputs (source, bytes, offset in a step's results), then for each step and
 * input the address of the first row, the address of the list of row numbers (0: the rows follow each other), bytes
 * of a row, rows.
 */
import { programLayout } from "./program-block.ts";

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

/** Word offsets in an output's row of the table. */
export const OutputWord = { source: 0, bytes: 1, offset: 2, words: 3 } as const;

/** Word offsets in what a step brings for one input. */
export const FeedWord = { address: 0, rowList: 1, rowBytes: 2, rows: 3, words: 4 } as const;

/** Tells whether two parties read run blocks alike: a cached worker script may be of another build than the page. */
export const runLayout: string = [
  programLayout,
  ...[RunHeader, OutputWord, FeedWord].flatMap((words) => Object.entries(words)),
].join();

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
