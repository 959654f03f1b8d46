/**
 * What each worker does for a run: every worker goes through the same points of the same steps (inputs, the stages,
 * outputs), takes tasks, and passes a point when all its tasks are done. A whole run of many steps is one call.
 */
import type { Kernel } from "../loading/kernel-loader.ts";
import type { Patience } from "./patience.ts";
import { feedWords, outputWords, RunHeader } from "./run-block.ts";
import { boardBytes, TaskBoard, type TaskRange } from "./task-board.ts";

/** The points of a step: first the inputs come in, then the outputs are saved, then the stages. */
const inputsPoint = 0;
const outputsPoint = 1;
const firstStage = 2;

/** Points of a run; where launches are timed, each of them is one, and a meeting before it. */
export function pointsOf(stages: number, launches: number, timed: boolean): number {
  return firstStage + (timed ? 2 * launches : stages);
}

/** Runs the run block at `address`; returns when all its tasks are done. */
export function runSteps(
  memory: ArrayBufferLike,
  address: number,
  kernels: readonly Kernel[],
  worker: number,
  workers: number,
  patience: Patience,
): void {
  const words = new Int32Array(memory);
  const bytes = new Uint8Array(memory);
  const run = readRun(words, address);
  const program = words.slice(run.program >>> 2, (run.program >>> 2) + run.programWords);
  const boardWords = new Int32Array(memory, run.board, boardBytes(run.points, workers) / 4);
  const board = new TaskBoard(boardWords, worker, workers, patience);
  const { range } = board;
  for (let step = 0; step < run.steps; step++) {
    for (; board.take(inputsPoint, step, workers); board.finish(inputsPoint, step, workers))
      for (let part = range.first; part < range.end; part++)
        takeInputs(words, bytes, run, step, part, workers);
    if (step > 0) board.wait(outputsPoint, step - 1, workers);
    board.wait(inputsPoint, step, workers);
    if (run.times === 0) runStages(program, kernels, board, step);
    else timeStages(program, kernels, board, step, new Float64Array(memory, run.times));
    for (; board.take(outputsPoint, step, workers); board.finish(outputsPoint, step, workers))
      for (let part = range.first; part < range.end; part++) saveOutputs(bytes, run, step, part, workers);
    if (run.separate || step === run.steps - 1) board.wait(outputsPoint, step, workers);
  }
}

interface RunView {
  readonly steps: number;
  readonly program: number;
  readonly programWords: number;
  readonly separate: boolean;
  readonly results: number;
  readonly resultStride: number;
  readonly times: number;
  readonly board: number;
  readonly points: number;
  readonly inputs: Int32Array;
  readonly outputs: Int32Array;
  /** Word index of the feeds of the first step. */
  readonly feeds: number;
}

function readRun(words: Int32Array, address: number): RunView {
  const at = address >>> 2;
  const header = words.slice(at, at + RunHeader.words);
  const inputsAt = at + RunHeader.words;
  const outputsAt = inputsAt + header[RunHeader.inputs]!;
  const feeds = outputsAt + header[RunHeader.outputs]! * outputWords;
  return {
    steps: header[RunHeader.steps]!,
    program: header[RunHeader.program]! >>> 0,
    programWords: header[RunHeader.programWords]!,
    separate: header[RunHeader.separate] === 1,
    results: header[RunHeader.results]! >>> 0,
    resultStride: header[RunHeader.resultStride]!,
    times: header[RunHeader.times]! >>> 0,
    board: header[RunHeader.board]! >>> 0,
    points: header[RunHeader.points]!,
    inputs: words.slice(inputsAt, outputsAt),
    outputs: words.slice(outputsAt, feeds),
    feeds,
  };
}

function runStages(program: Int32Array, kernels: readonly Kernel[], board: TaskBoard, step: number): void {
  const stages = program[0]!;
  let at = 1;
  for (let stage = 0; stage < stages; stage++) {
    const tasks = program[at]!;
    const launches = program[at + 1]!;
    at += 2;
    const end = at + 3 * launches;
    const point = firstStage + stage;
    for (; board.take(point, step, tasks); board.finish(point, step, tasks))
      runTasks(program, at, end, kernels, board.range, tasks);
    at = end;
    board.wait(point, step, tasks);
  }
}

/**
 * Runs launch after launch; before each all workers meet, and the one that came last takes the time from its arrival,
 * before which nobody can have begun. `times` keeps the shortest of each.
 */
function timeStages(
  program: Int32Array,
  kernels: readonly Kernel[],
  board: TaskBoard,
  step: number,
  times: Float64Array,
): void {
  let at = 1;
  let launch = 0;
  for (let stage = program[0]!; stage > 0; stage--) {
    const tasks = program[at]!;
    const end = at + 2 + 3 * program[at + 1]!;
    for (at += 2; at < end; at += 3) {
      const point = firstStage + 2 * launch;
      const start = performance.now();
      const keepsTime = board.meet(point, step);
      for (; board.take(point + 1, step, tasks); board.finish(point + 1, step, tasks))
        runTasks(program, at, at + 3, kernels, board.range, tasks);
      board.wait(point + 1, step, tasks);
      if (keepsTime) times[launch] = Math.min(times[launch]!, performance.now() - start);
      launch++;
    }
  }
}

/** All launches over the kernel tasks that belong to some neighbouring tasks of a stage. */
function runTasks(
  program: Int32Array,
  first: number,
  end: number,
  kernels: readonly Kernel[],
  range: TaskRange,
  tasks: number,
): void {
  for (let at = first; at < end; at += 3) {
    const total = program[at + 2]!;
    const from = Math.floor((range.first * total) / tasks);
    const to = Math.floor((range.end * total) / tasks);
    if (from < to) kernels[program[at]!]!(program[at + 1]!, from, to);
  }
}

/** Copies one of `parts` parts of the rows of all inputs of a step. */
function takeInputs(
  words: Int32Array,
  bytes: Uint8Array,
  run: RunView,
  step: number,
  part: number,
  parts: number,
): void {
  const inputs = run.inputs.length;
  for (let input = 0; input < inputs; input++) {
    const destination = run.inputs[input]! >>> 0;
    const feed = run.feeds + (step * inputs + input) * feedWords;
    const source = words[feed]! >>> 0;
    const list = words[feed + 1]! >>> 0;
    const rowBytes = words[feed + 2]!;
    const rows = words[feed + 3]!;
    const from = Math.floor((part * rows) / parts);
    const to = Math.floor(((part + 1) * rows) / parts);
    if (list === 0)
      bytes.copyWithin(destination + from * rowBytes, source + from * rowBytes, source + to * rowBytes);
    else
      for (let row = from; row < to; row++) {
        const start = source + words[(list >>> 2) + row]! * rowBytes;
        bytes.copyWithin(destination + row * rowBytes, start, start + rowBytes);
      }
  }
}

/** Copies one of `parts` parts of a step's outputs to the run's results. */
function saveOutputs(bytes: Uint8Array, run: RunView, step: number, part: number, parts: number): void {
  const results = run.results + step * run.resultStride;
  for (let at = 0; at < run.outputs.length; at += outputWords) {
    const source = run.outputs[at]! >>> 0;
    const size = run.outputs[at + 1]!;
    const from = Math.floor((part * size) / parts);
    const to = Math.floor(((part + 1) * size) / parts);
    bytes.copyWithin(results + run.outputs[at + 2]! + from, source + from, source + to);
  }
}
