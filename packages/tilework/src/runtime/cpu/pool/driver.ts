/**
 * What each worker does for a run: every worker goes through the same points of the same steps (inputs, the stages,
 * outputs), takes tasks, and passes a point when all its tasks are done. A whole run of many steps is one call.
 */
import type { Kernel } from "../loading/kernel-loader.ts";
import { LaunchTimes, SliceTimes } from "./launch-times.ts";
import type { Patience } from "./patience.ts";
import { LaunchWord, nextLaunch, ProgramHeader, SliceWord, StageWord } from "./program-block.ts";
import { FeedWord, OutputWord, RunHeader } from "./run-block.ts";
import { SoloBoard } from "./solo-board.ts";
import { type Board, boardBytes, TaskBoard, type TaskRange } from "./task-board.ts";

/** The points of a step: first the inputs come in, then the outputs are saved, then the stages. */
const inputsPoint = 0;
const outputsPoint = 1;
const firstStage = 2;

/** Points of a run; where launches are timed, each of them is one, and a meeting before it. */
export function pointsOf(stages: number, launches: number, timed: boolean): number {
  return firstStage + (timed ? 2 * launches : stages);
}

/** The inverse of that, for runs that are timed. */
function launchesOf(points: number): number {
  return (points - firstStage) / 2;
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
  const own = words.slice(run.program >>> 2, (run.program >>> 2) + run.programWords);
  const program: OwnProgram = { words: own, kernels, worker, memory: words };
  const board = workers === 1 ? new SoloBoard() : sharedBoard(memory, run, worker, workers, patience);
  const { range } = board;
  for (let step = 0; step < run.steps; step++) {
    for (; board.take(inputsPoint, step, workers, 1); board.finish(inputsPoint, step, workers))
      for (let part = range.first; part < range.end; part++)
        takeInputs(words, bytes, run, step, part, workers);
    if (step > 0) board.wait(outputsPoint, step - 1, workers);
    board.wait(inputsPoint, step, workers);
    words[(address >>> 2) + RunHeader.begun] = 1;
    if (run.times === 0) runStages(program, board, step, run.prepares && step === 0);
    else timeStages(program, board, step, new LaunchTimes(memory, run.times, launchesOf(run.points), worker));
    for (; board.take(outputsPoint, step, workers, 1); board.finish(outputsPoint, step, workers))
      for (let part = range.first; part < range.end; part++) saveOutputs(bytes, run, step, part, workers);
    if (run.separate || step === run.steps - 1) board.wait(outputsPoint, step, workers);
  }
}

function sharedBoard(
  memory: ArrayBufferLike,
  { board, points }: RunView,
  worker: number,
  workers: number,
  patience: Patience,
): TaskBoard {
  const words = new Int32Array(memory, board, boardBytes(points, workers) / 4);
  return new TaskBoard(words, worker, workers, patience);
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
  readonly prepares: boolean;
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
  const feeds = outputsAt + header[RunHeader.outputs]! * OutputWord.words;
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
    prepares: header[RunHeader.prepares] === 1,
    inputs: words.slice(inputsAt, outputsAt),
    outputs: words.slice(outputsAt, feeds),
    feeds,
  };
}

/** A program as one worker sees it. */
interface OwnProgram {
  readonly words: Int32Array;
  readonly kernels: readonly Kernel[];
  readonly worker: number;
  /** The device's memory. */
  readonly memory: Int32Array;
}

function runStages(program: OwnProgram, board: Board, step: number, prepares: boolean): void {
  const { words } = program;
  let at: number = ProgramHeader.words;
  let stage = 0;
  if (!prepares) for (; stage < words[ProgramHeader.preparations]!; stage++) at = stageEnd(words, at);
  for (; stage < words[ProgramHeader.stages]!; stage++) {
    const tasks = words[at + StageWord.tasks]!;
    const isSliced = words[at + StageWord.isSliced] === 1;
    const atOnce = words[at + StageWord.atOnce]!;
    const first = at + StageWord.words;
    const end = stageEnd(words, at);
    const point = firstStage + stage;
    for (; board.take(point, step, tasks, atOnce); board.finish(point, step, tasks))
      if (isSliced) runSlices(program, first, end, board.range, tasks);
      else runTasks(program, first, end, board.range, tasks);
    at = end;
    board.wait(point, step, tasks);
  }
}

/** Where the next stage starts. */
function stageEnd(words: Int32Array, stage: number): number {
  let at = stage + StageWord.words;
  for (let launches = words[stage + StageWord.launches]!; launches > 0; launches--)
    at = nextLaunch(words, at);
  return at;
}

/**
 * Runs launch after launch, preparations in each step; before each all workers meet, and the one that came last takes
 * the time from its arrival, before which nobody can have begun. Where the launches of a stage hand slices to each
 * other, they cannot be taken apart: then each worker times its own slices.
 */
function timeStages(program: OwnProgram, board: Board, step: number, times: LaunchTimes): void {
  const { words } = program;
  let at: number = ProgramHeader.words;
  let launch = 0;
  for (let stage = words[ProgramHeader.stages]!; stage > 0; stage--) {
    const tasks = words[at + StageWord.tasks]!;
    const isSliced = words[at + StageWord.isSliced] === 1;
    const atOnce = words[at + StageWord.atOnce]!;
    const end = stageEnd(words, at);
    at += StageWord.words;
    while (at < end) {
      const next = isSliced ? end : nextLaunch(words, at);
      const launches = launchesBetween(words, at, next);
      const own = isSliced ? new SliceTimes(launches) : undefined;
      const point = firstStage + 2 * launch;
      const start = performance.now();
      const keepsTime = board.meet(point, step);
      for (; board.take(point + 1, step, tasks, atOnce); board.finish(point + 1, step, tasks))
        if (isSliced) runSlices(program, at, next, board.range, tasks, own);
        else runTasks(program, at, next, board.range, tasks);
      board.wait(point + 1, step, tasks);
      if (own !== undefined) own.keep(times, launch, tasks, board.workers);
      else if (keepsTime) times.keep(launch, performance.now() - start);
      launch += launches;
      at = next;
    }
  }
}

function launchesBetween(words: Int32Array, first: number, end: number): number {
  let launches = 0;
  for (let at = first; at < end; at = nextLaunch(words, at)) launches++;
  return launches;
}

/** All launches over the kernel tasks that belong to some neighbouring tasks of a stage. */
function runTasks(
  { words, kernels }: OwnProgram,
  first: number,
  end: number,
  range: TaskRange,
  tasks: number,
): void {
  for (let at = first; at < end; at = nextLaunch(words, at)) {
    const total = words[at + LaunchWord.tasks]!;
    const from = Math.floor((range.first * total) / tasks);
    const to = Math.floor((range.end * total) / tasks);
    if (from < to) kernels[words[at + LaunchWord.kernel]!]!(words[at + LaunchWord.block]!, from, to);
  }
}

/** The same task by task, where launches hand parts of buffers to each other in the worker's own scratch. */
function runSlices(
  program: OwnProgram,
  first: number,
  end: number,
  range: TaskRange,
  tasks: number,
  times?: SliceTimes,
): void {
  const { words, kernels } = program;
  for (let slice = range.first; slice < range.end; slice++) {
    times?.startSlice();
    for (let at = first; at < end; at = nextLaunch(words, at)) {
      const total = words[at + LaunchWord.tasks]!;
      const from = Math.floor((slice * total) / tasks);
      const to = Math.floor(((slice + 1) * total) / tasks);
      const block = words[at + LaunchWord.block]! + program.worker * words[at + LaunchWord.stride]!;
      pointAtSlice(program, at, block >>> 2, slice);
      if (from < to) kernels[words[at + LaunchWord.kernel]!]!(block, from, to);
      times?.passed();
    }
  }
}

/** Moves the arguments that lie in the worker's scratch so that this slice of their buffers lies there. */
function pointAtSlice(
  { words, worker, memory }: OwnProgram,
  launch: number,
  block: number,
  slice: number,
): void {
  const ownScratch = worker * words[ProgramHeader.sliceBytes]!;
  const end = nextLaunch(words, launch);
  for (let at = launch + LaunchWord.words; at < end; at += SliceWord.words) {
    const low = words[at + SliceWord.low]! >>> 0;
    const high = words[at + SliceWord.high]!;
    const address = (high < 0 ? 0 : high * 2 ** 32) + low + ownScratch - slice * words[at + SliceWord.bytes]!;
    const word = block + words[at + SliceWord.word]!;
    memory[word] = address;
    if (high >= 0) memory[word + 1] = Math.floor(address / 2 ** 32);
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
    const feed = run.feeds + (step * inputs + input) * FeedWord.words;
    const source = words[feed + FeedWord.address]! >>> 0;
    const list = words[feed + FeedWord.rowList]! >>> 0;
    const rowBytes = words[feed + FeedWord.rowBytes]!;
    const rows = words[feed + FeedWord.rows]!;
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
  for (let at = 0; at < run.outputs.length; at += OutputWord.words) {
    const source = run.outputs[at + OutputWord.source]! >>> 0;
    const size = run.outputs[at + OutputWord.bytes]!;
    const from = Math.floor((part * size) / parts);
    const to = Math.floor(((part + 1) * size) / parts);
    bytes.copyWithin(results + run.outputs[at + OutputWord.offset]! + from, source + from, source + to);
  }
}
