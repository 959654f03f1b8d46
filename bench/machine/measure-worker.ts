/**
 * One thread that measures: bursts of multiply-adds and copies. All threads of a measurement start together and each
 * counts its own work in slices of about half a millisecond; the upper quartile counts, so that slices in which another
 * process took the processor away do not.
 */
import { parentPort, workerData } from "node:worker_threads";
import { type KernelCode, openForeignFunctions, printModule, printX64 } from "tilework/internal";
import { cacheBurst, copyBlockBytes, copyKernel, type Lanes, registerBurst } from "./machine-kernels.ts";

export type EngineName = "avx512" | "avx2" | "wasm";

export interface WorkerSetup {
  readonly engine: EngineName;
  /** Bytes that copies may touch. */
  readonly memoryBytes: number;
}

export type MeasureRequest =
  | { readonly kind: "burst"; readonly milliseconds: number }
  | {
      readonly kind: "copy";
      readonly milliseconds: number;
      readonly bytes: number;
      readonly streaming: boolean;
    };

/** A thread's answer; each thread counts itself in at `gate` and starts when all are there. */
export interface MeasureMessage {
  readonly request: MeasureRequest;
  readonly gate: Int32Array;
  readonly threads: number;
}

type Run = (begin: number, end: number) => void;

const { engine, memoryBytes } = workerData as WorkerSetup;
const lanes: Lanes = engine === "avx512" ? 16 : engine === "avx2" ? 8 : 4;
const scratchBytes = 64 * 1024;
const pages = Math.ceil((memoryBytes + 2 * scratchBytes) / 65536);
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });

const argumentsAt = 1024;
const callAt = 2048;
const sizeAt = 3072;
const dataAt = scratchBytes;

/** Bytes that a slice of a copy reads at least, so that it takes long enough to be timed. */
const sliceBytes = 8 * 1024 * 1024;

const bursts =
  engine === "wasm"
    ? [cacheBurst(lanes, 4, 2), cacheBurst(lanes, 6, 2), cacheBurst(lanes, 2, 4)]
    : [registerBurst(lanes, engine === "avx512" ? 24 : 12)];
const copies = [copyKernel(lanes, false), copyKernel(lanes, true)];
const load = engine === "wasm" ? loadWasm : loadMachineCode;
const runs = load([...bursts.map(({ code }) => code), ...copies]);

function loadWasm(kernels: readonly KernelCode[]): Run[] {
  const declared = { initial: 1, maximum: 65536, shared: false };
  const bytes = printModule(kernels, { relaxed: true, memory: declared });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return kernels.map((_, at) => {
    const call = exports[`k${at}`] as (block: number, begin: number, end: number) => void;
    return (begin, end) => call(argumentsAt, begin, end);
  });
}

function loadMachineCode(kernels: readonly KernelCode[]): Run[] {
  const functions = openForeignFunctions();
  if (typeof functions === "string") throw new Error(functions);
  const base = functions.addressOf(memory.buffer);
  const block = functions.pointerTo(base + BigInt(argumentsAt));
  const range = functions.pointerTo(base + BigInt(callAt));
  return kernels.map((kernel) => {
    const mapped = functions.mapCode(printX64(kernel, engine === "avx512" ? "avx512" : "avx2"));
    if (typeof mapped === "string") throw new Error(mapped);
    const code = functions.pointerTo(mapped.address);
    return (begin, end) => {
      new BigInt64Array(memory.buffer, callAt, 2).set([BigInt(begin), BigInt(end)]);
      functions.call(code, range, block);
    };
  });
}

/** Bytes in wasm, real addresses for machine code. */
function setArguments(addresses: readonly number[]): void {
  if (engine === "wasm") {
    new Int32Array(memory.buffer, argumentsAt, addresses.length).set(addresses);
    return;
  }
  const functions = openForeignFunctions();
  if (typeof functions === "string") throw new Error(functions);
  const base = functions.addressOf(memory.buffer);
  new BigInt64Array(memory.buffer, argumentsAt, addresses.length).set(
    addresses.map((address) => base + BigInt(address)),
  );
}

function waitForAll({ gate, threads }: MeasureMessage): void {
  Atomics.add(gate, 0, 1);
  while (Atomics.load(gate, 0) < threads);
}

/** Milliseconds. */
function timeOf(run: Run, tasks: number): number {
  const started = performance.now();
  run(0, tasks);
  return performance.now() - started;
}

/** Work a second: the upper quartile of slices, each of `tasks` tasks. */
function quartileRate(run: Run, tasks: number, milliseconds: number): number {
  const rates: number[] = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end || rates.length < 3) rates.push(tasks / timeOf(run, tasks));
  rates.sort((x, y) => x - y);
  return rates[Math.floor(0.75 * rates.length)]! * 1000;
}

/** Tasks that take about half a millisecond. */
function tasksOfSlice(run: Run): number {
  let tasks = 1;
  while (Math.min(timeOf(run, tasks), timeOf(run, tasks)) < 0.3) tasks *= 2;
  return tasks;
}

let best: { readonly at: number; readonly tasks: number } | undefined;

/** The burst kernel that is fastest here; WebAssembly has several tiles to choose from. */
function bestBurst(): { readonly at: number; readonly tasks: number } {
  const tried = bursts.map(({ operationsPerTask }, at) => {
    const run = runs[at]!;
    for (let warm = 0; warm < 200; warm++) run(0, 1);
    const tasks = tasksOfSlice(run);
    const rates = Array.from({ length: 5 }, () => quartileRate(run, tasks, 5));
    return { at, tasks, rate: Math.max(...rates) * operationsPerTask };
  });
  return tried.reduce((x, y) => (y.rate > x.rate ? y : x));
}

/** GFLOP/s. */
function burst(message: MeasureMessage, milliseconds: number): number {
  setArguments([dataAt, dataAt + 16 * 1024, dataAt + 32 * 1024]);
  best ??= bestBurst();
  waitForAll(message);
  return (quartileRate(runs[best.at]!, best.tasks, milliseconds) * bursts[best.at]!.operationsPerTask) / 1e9;
}

let touched = dataAt;

/** Pages that were never written are all one page of zeros, which would make reading them too fast. */
function touch(end: number): void {
  if (end > touched) new Uint8Array(memory.buffer, touched, end - touched).fill(1);
  touched = Math.max(touched, end);
}

/** WebAssembly is slow until the engine has optimised it. */
function warmCopies(): void {
  new Int32Array(memory.buffer, sizeAt, 1)[0] = 1;
  setArguments([dataAt, dataAt + copyBlockBytes, sizeAt]);
  for (const run of runs.slice(bursts.length)) for (let call = 0; call < 2000; call++) run(0, 100);
}

/** GB/s, bytes read and written together, over a footprint of `bytes` in all (half of them are the source). */
function copy(message: MeasureMessage, bytes: number, streaming: boolean, milliseconds: number): number {
  const blocks = Math.max(1, Math.round(bytes / 2 / copyBlockBytes));
  const passBytes = blocks * copyBlockBytes;
  new Int32Array(memory.buffer, sizeAt, 1)[0] = blocks;
  setArguments([dataAt, dataAt + passBytes, sizeAt]);
  touch(dataAt + 2 * passBytes);
  const run = runs[bursts.length + (streaming ? 1 : 0)]!;
  const passes = Math.max(1, Math.round(sliceBytes / passBytes));
  run(0, 1);
  waitForAll(message);
  return (quartileRate(run, passes, milliseconds) * 2 * passBytes) / 1e9;
}

function answer(message: MeasureMessage): number {
  const { request } = message;
  return request.kind === "burst"
    ? burst(message, request.milliseconds)
    : copy(message, request.bytes, request.streaming, request.milliseconds);
}

parentPort!.on("message", (message: MeasureMessage) => parentPort!.postMessage(answer(message)));
warmCopies();
parentPort!.postMessage("ready");
