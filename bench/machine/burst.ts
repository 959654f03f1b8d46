/**
 * What the processor reaches just now: multiply-adds on all threads at once, and streams through memory. Virtual
 * processors may share a core and neighbours come and go, so that a figure means little without such a burst taken
 * beside it.
 */
import { Worker } from "node:worker_threads";
import type { StreamKind } from "./machine-kernels.ts";
import type {
  EngineName,
  MeasureMessage,
  MeasureRequest,
  Rate,
  Stream,
  WorkerSetup,
} from "./measure-worker.ts";
import { processorHas } from "./processor.ts";

export type { EngineName };

export interface Burst {
  readonly engine: EngineName;
  /** GFLOP/s of the last sample, one number a thread. */
  readonly perThread: readonly number[];
  /** GFLOP/s of the last sample, all work of all threads by the time it took: what the clock of a program sees. */
  readonly byClock: number;
  /** GFLOP/s of the fastest single-thread sample so far. */
  readonly peak: number;
  /** Whether in the last sample each of several threads reached about half of what one thread reaches alone. */
  readonly sharedCore: boolean;
  /** GFLOP/s of all threads together, or of the first `threads`. */
  sample(threads?: number): Promise<number>;
  /** GB/s (bytes read and written) with a footprint of `bytes` on each of the first `threads` threads. Default 1. */
  bandwidth(stream: StreamKind, bytes: number, threads?: number): Promise<number>;
  end(): void;
}

export interface BurstOptions {
  /** `x64` takes AVX-512 where the processor has it, else AVX2; where machine code cannot run, WebAssembly. */
  readonly engine?: "x64" | EngineName;
  /** The largest footprint of a stream, in bytes. Default 256 MB. */
  readonly memoryBytes?: number;
}

const burstMilliseconds = 12;
const streamMilliseconds = 6;
const shared = 0.65;

/** Starts threads that measure on demand and sleep in between. */
export async function startBurst(threads: number, options: BurstOptions = {}): Promise<Burst> {
  const { engine = "x64", memoryBytes = 256 * 2 ** 20 } = options;
  const wanted: EngineName[] = engine === "x64" ? ["avx512", "avx2", "wasm"] : [engine];
  let refusal: unknown = new Error(`the processor has no ${engine}`);
  for (const name of wanted.filter(processorHas)) {
    try {
      const team = await Team.start(threads, { engine: name, memoryBytes });
      const burst = new TeamBurst(team, name);
      await burst.sample(1);
      return burst;
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}

class TeamBurst implements Burst {
  readonly engine: EngineName;
  perThread: readonly number[] = [];
  byClock = 0;
  peak = 0;
  readonly #team: Team;

  constructor(team: Team, engine: EngineName) {
    this.#team = team;
    this.engine = engine;
  }

  get sharedCore(): boolean {
    return this.perThread.length > 1 && this.perThread.every((rate) => rate < shared * this.peak);
  }

  async sample(threads: number = this.#team.size): Promise<number> {
    const rates = await this.#team.ask({ kind: "burst", milliseconds: burstMilliseconds }, threads);
    this.perThread = rates.map(({ reached }) => reached);
    this.byClock = sum(rates.map(({ byClock }) => byClock));
    this.peak = Math.max(this.peak, ...this.perThread);
    return sum(this.perThread);
  }

  /** The better of plain stores and those past the caches, which WebAssembly has not. */
  async bandwidth(kind: StreamKind, bytes: number, threads = 1): Promise<number> {
    const past = kind === "read" || this.engine === "wasm" ? [] : [`streaming ${kind}` as const];
    let best = 0;
    for (const stream of [kind, ...past]) best = Math.max(best, await this.#stream(stream, bytes, threads));
    return best;
  }

  async #stream(stream: Stream, bytes: number, threads: number): Promise<number> {
    const request: MeasureRequest = { kind: "stream", stream, milliseconds: streamMilliseconds, bytes };
    return sum((await this.#team.ask(request, threads)).map(({ reached }) => reached));
  }

  end(): void {
    this.#team.end();
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Workers that answer the same request together. */
class Team {
  readonly #workers: readonly Worker[];
  readonly #gate = new Int32Array(new SharedArrayBuffer(4));

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  static async start(threads: number, workerData: WorkerSetup): Promise<Team> {
    const file = new URL("./measure-worker.ts", import.meta.url);
    const workers = Array.from({ length: threads }, () => new Worker(file, { workerData }));
    try {
      await Promise.all(workers.map(nextMessage));
    } catch (error) {
      for (const worker of workers) void worker.terminate();
      throw error;
    }
    for (const worker of workers) worker.unref();
    return new Team(workers);
  }

  get size(): number {
    return this.#workers.length;
  }

  async ask(request: MeasureRequest, threads: number): Promise<Rate[]> {
    const asked = this.#workers.slice(0, threads);
    this.#gate[0] = 0;
    const message: MeasureMessage = { request, gate: this.#gate, threads: asked.length };
    const answers = Promise.all(asked.map(nextMessage));
    for (const worker of asked) worker.postMessage(message);
    return (await answers) as Rate[];
  }

  end(): void {
    for (const worker of this.#workers) void worker.terminate();
  }
}

function nextMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stop = (settle: () => void): void => {
      worker.off("message", onMessage).off("error", onError).unref();
      settle();
    };
    const onMessage = (message: unknown): void => stop(() => resolve(message));
    const onError = (error: unknown): void => stop(() => reject(error));
    worker.on("message", onMessage).on("error", onError).ref();
  });
}
