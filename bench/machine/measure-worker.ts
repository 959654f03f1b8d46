/**
 * One thread that measures: bursts of multiply-adds, and streams through memory. All threads of a measurement start
 * together and each counts its own work in slices of about half a millisecond. The upper quartile is what the processor
 * reaches, without slices in which another process took it away; all work by the whole time is what the clock saw.
 */
import { parentPort, workerData } from "node:worker_threads";
import { type KernelCode, openForeignFunctions, printModule, printX64 } from "tilework/internal";
import {
  cacheBurst,
  type Lanes,
  registerBurst,
  type StreamKind,
  streamBlockBytes,
  streamKernel,
} from "./machine-kernels.ts";

export type EngineName = "avx512" | "avx2" | "wasm";

export interface WorkerSetup {
  readonly engine: EngineName;
  /** Bytes that streams may touch. */
  readonly memoryBytes: number;
}

export type MeasureRequest =
  | { readonly kind: "burst"; readonly milliseconds: number }
  | {
      readonly kind: "stream";
      readonly stream: Stream;
      readonly milliseconds: number;
      /** Of the source and the target together. */
      readonly bytes: number;
    };

/** Copies and fills also with stores that go past the caches. */
export const streams = ["copy", "read", "fill", "streaming copy", "streaming fill"] as const;
export type Stream = (typeof streams)[number];

/** Work a second of one thread: GFLOP/s or GB/s. */
export interface Rate {
  /** The upper quartile of its slices. */
  readonly reached: number;
  /** All its work by the time it took. */
  readonly byClock: number;
}

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

/** Bytes that a slice of a stream touches in each buffer, about, so that it takes long enough to be timed. */
const sliceBytes = 4 * 1024 * 1024;

const bursts =
  engine === "wasm"
    ? [cacheBurst(lanes, 4, 2), cacheBurst(lanes, 6, 2), cacheBurst(lanes, 2, 4)]
    : [registerBurst(lanes, engine === "avx512" ? 24 : 12)];
const streamCodes = streams.map((name) => {
  const streaming = name.startsWith("streaming ");
  return streamKernel(name.split(" ").at(-1) as StreamKind, lanes, streaming);
});
const load = engine === "wasm" ? loadWasm : loadMachineCode;
const runs = load([...bursts.map(({ code }) => code), ...streamCodes]);

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
  functions.preferLargePages(base, memory.buffer.byteLength);
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

/** Where the memory begins for machine code, which takes real addresses. */
let base: bigint | undefined;

function setArguments(addresses: readonly number[]): void {
  if (engine === "wasm") {
    new Int32Array(memory.buffer, argumentsAt, addresses.length).set(addresses);
    return;
  }
  base ??= addressOfMemory();
  const block = new BigInt64Array(memory.buffer, argumentsAt, addresses.length);
  for (const [at, address] of addresses.entries()) block[at] = base + BigInt(address);
}

function addressOfMemory(): bigint {
  const functions = openForeignFunctions();
  if (typeof functions === "string") throw new Error(functions);
  return functions.addressOf(memory.buffer);
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

/** Tasks a second, in slices of `tasks` tasks. */
function rateOf(run: Run, tasks: number, milliseconds: number): Rate {
  const times: number[] = [];
  const started = performance.now();
  while (performance.now() < started + milliseconds || times.length < 3) times.push(timeOf(run, tasks));
  const byClock = (1000 * tasks * times.length) / (performance.now() - started);
  times.sort((x, y) => x - y);
  return { reached: (1000 * tasks) / times[Math.floor(0.25 * times.length)]!, byClock };
}

function timesUnit({ reached, byClock }: Rate, unit: number): Rate {
  return { reached: reached * unit, byClock: byClock * unit };
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
    const rates = Array.from({ length: 5 }, () => rateOf(run, tasks, 5).reached);
    return { at, tasks, rate: Math.max(...rates) * operationsPerTask };
  });
  return tried.reduce((x, y) => (y.rate > x.rate ? y : x));
}

/** GFLOP/s. */
function burst(message: MeasureMessage, milliseconds: number): Rate {
  setArguments([dataAt, dataAt + 16 * 1024, dataAt + 32 * 1024]);
  best ??= bestBurst();
  waitForAll(message);
  const { operationsPerTask } = bursts[best.at]!;
  return timesUnit(rateOf(runs[best.at]!, best.tasks, milliseconds), operationsPerTask / 1e9);
}

let touched = dataAt;

/** Pages that were never written are all one page of zeros, which would make reading them too fast. */
function touch(end: number): void {
  if (end > touched) new Uint8Array(memory.buffer, touched, end - touched).fill(1);
  touched = Math.max(touched, end);
}

/** WebAssembly is slow until the engine has optimised it. */
function warmStreams(): void {
  new Int32Array(memory.buffer, sizeAt, 1)[0] = 1;
  setArguments([dataAt, dataAt + streamBlockBytes, sizeAt]);
  for (const run of runs.slice(bursts.length)) for (let call = 0; call < 2000; call++) run(0, 50);
}

let part = 0;

/**
 * GB/s, bytes read and written together, over a footprint of `bytes` in all (half of a copy's are the source). Slices
 * walk through a large footprint part by part.
 */
function stream(message: MeasureMessage, name: Stream, bytes: number, milliseconds: number): Rate {
  const buffers = name.endsWith("copy") ? 2 : 1;
  const blocks = Math.max(1, Math.round(bytes / buffers / streamBlockBytes));
  const parts = Math.ceil((blocks * streamBlockBytes) / sliceBytes);
  const partBlocks = Math.floor(blocks / parts);
  const [bufferBytes, partBytes] = [blocks * streamBlockBytes, partBlocks * streamBlockBytes];
  new Int32Array(memory.buffer, sizeAt, 1)[0] = partBlocks;
  touch(dataAt + buffers * bufferBytes);
  const kernel = runs[bursts.length + streams.indexOf(name)]!;
  const run: Run = (begin, end) => {
    part = (part + 1) % parts;
    const from = dataAt + part * partBytes;
    setArguments([from, from + (buffers - 1) * bufferBytes, sizeAt]);
    kernel(begin, end);
  };
  const passes = Math.max(1, Math.round(sliceBytes / partBytes));
  run(0, 1);
  waitForAll(message);
  return timesUnit(rateOf(run, passes, milliseconds), (buffers * partBytes) / 1e9);
}

function answer(message: MeasureMessage): Rate {
  const { request } = message;
  return request.kind === "burst"
    ? burst(message, request.milliseconds)
    : stream(message, request.stream, request.bytes, request.milliseconds);
}

parentPort!.on("message", (message: MeasureMessage) => parentPort!.postMessage(answer(message)));
warmStreams();
parentPort!.postMessage("ready");
