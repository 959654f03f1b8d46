/**
 * What each worker does for a run: every worker goes through the same stages of the same steps, takes tasks, and
 * meets the others at a barrier after each stage. A whole run of many steps is one call.
 */
import type { Barrier } from "./barrier.ts";
import type { Kernel } from "./kernel-loader.ts";
import { feedWords, outputWords, RunHeader } from "./run-block.ts";

/** Runs the run block at `address`; returns when all workers are done. */
export function runSteps(
  memory: ArrayBufferLike,
  address: number,
  kernels: readonly Kernel[],
  barrier: Barrier,
  worker: number,
): void {
  const words = new Int32Array(memory);
  const bytes = new Uint8Array(memory);
  const run = readRun(words, address);
  const program = words.slice(run.program >>> 2, (run.program >>> 2) + run.programWords);
  for (let step = 0; step < run.steps; step++) {
    takeInputs(words, bytes, run, step, worker, barrier.workers);
    barrier.wait();
    if (run.times === 0) runStages(program, kernels, barrier);
    else timeStages(program, kernels, barrier, new Float64Array(memory, run.times), worker);
    saveOutputs(bytes, run, step, worker, barrier.workers);
    if (run.separate || step === run.steps - 1) barrier.wait();
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
    inputs: words.slice(inputsAt, outputsAt),
    outputs: words.slice(outputsAt, feeds),
    feeds,
  };
}

function runStages(program: Int32Array, kernels: readonly Kernel[], barrier: Barrier): void {
  let at = 1;
  for (let stage = program[0]!; stage > 0; stage--) {
    const tasks = program[at]!;
    const launches = program[at + 1]!;
    at += 2;
    const end = at + 3 * launches;
    for (let task = barrier.takeTask(tasks); task >= 0; task = barrier.takeTask(tasks))
      runTask(program, at, end, kernels, task, tasks);
    at = end;
    barrier.wait();
  }
}

/** Runs launch after launch, with a barrier after each, and keeps the shortest time of each in `times`. */
function timeStages(
  program: Int32Array,
  kernels: readonly Kernel[],
  barrier: Barrier,
  times: Float64Array,
  worker: number,
): void {
  let at = 1;
  let launch = 0;
  for (let stage = program[0]!; stage > 0; stage--) {
    const tasks = program[at]!;
    const end = at + 2 + 3 * program[at + 1]!;
    for (at += 2; at < end; at += 3) {
      const start = performance.now();
      for (let task = barrier.takeTask(tasks); task >= 0; task = barrier.takeTask(tasks))
        runTask(program, at, at + 3, kernels, task, tasks);
      barrier.wait();
      if (worker === 0) times[launch] = Math.min(times[launch]!, performance.now() - start);
      launch++;
    }
  }
}

function runTask(
  program: Int32Array,
  first: number,
  end: number,
  kernels: readonly Kernel[],
  task: number,
  tasks: number,
): void {
  for (let at = first; at < end; at += 3) {
    const total = program[at + 2]!;
    const from = Math.floor((task * total) / tasks);
    const to = Math.floor(((task + 1) * total) / tasks);
    if (from < to) kernels[program[at]!]!(program[at + 1]!, from, to);
  }
}

/** Copies this worker's share of the rows of all inputs of a step. */
function takeInputs(
  words: Int32Array,
  bytes: Uint8Array,
  run: RunView,
  step: number,
  worker: number,
  workers: number,
): void {
  const inputs = run.inputs.length;
  for (let input = 0; input < inputs; input++) {
    const destination = run.inputs[input]! >>> 0;
    const feed = run.feeds + (step * inputs + input) * feedWords;
    const source = words[feed]! >>> 0;
    const list = words[feed + 1]! >>> 0;
    const rowBytes = words[feed + 2]!;
    const rows = words[feed + 3]!;
    const from = Math.floor((worker * rows) / workers);
    const to = Math.floor(((worker + 1) * rows) / workers);
    if (list === 0)
      bytes.copyWithin(destination + from * rowBytes, source + from * rowBytes, source + to * rowBytes);
    else
      for (let row = from; row < to; row++) {
        const start = source + words[(list >>> 2) + row]! * rowBytes;
        bytes.copyWithin(destination + row * rowBytes, start, start + rowBytes);
      }
  }
}

/** Copies this worker's share of a step's outputs to the run's results. */
function saveOutputs(bytes: Uint8Array, run: RunView, step: number, worker: number, workers: number): void {
  const results = run.results + step * run.resultStride;
  for (let at = 0; at < run.outputs.length; at += outputWords) {
    const source = run.outputs[at]! >>> 0;
    const size = run.outputs[at + 1]!;
    const from = Math.floor((worker * size) / workers);
    const to = Math.floor(((worker + 1) * size) / workers);
    bytes.copyWithin(results + run.outputs[at + 2]! + from, source + from, source + to);
  }
}
