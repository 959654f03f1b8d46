/**
 * The workers of one device, from the coordinating thread: it only posts messages and never waits. The first worker
 * that dies takes the pool with it: all others are ended, then what was pending is rejected.
 */
import { platform } from "../../../platform/current.ts";
import type { HostWorker } from "../../../platform/platform.ts";
import { WorkerError } from "../../worker-error.ts";
import { type Machine, type MachineRequest, ownBytes } from "../loading/x64-machine.ts";
import type { DeviceMemory, MemoryLink } from "../memory/device-memory.ts";
import type { TimedWay, TimingOptions } from "../tuning/time-kernels.ts";
import type { FromWorker, KernelBinary, ToWorker } from "./messages.ts";
import { runLayout } from "./run-block.ts";

/** A request to all workers, of which `awaited` have not answered yet. */
interface Pending {
  awaited: number;
  readonly answers: FromWorker[];
  resolve(answers: readonly FromWorker[]): void;
  reject(error: Error): void;
}

export class WorkerPool {
  readonly #workers: readonly HostWorker[];
  readonly #memory: DeviceMemory;
  readonly #link: MemoryLink = {
    write: (address, data) => this.#post({ type: "write", address, data, memoryBytes: this.#memory.bytes }),
    move: (moves) => this.#post({ type: "move", moves, memoryBytes: this.#memory.bytes }),
    read: async (address, bytes) => {
      const memoryBytes = this.#memory.bytes;
      const message = { type: "read", address, bytes, memoryBytes } as const;
      const [answer] = await this.#request((request) => ({ ...message, request }));
      return (answer as Extract<FromWorker, { type: "data" }>).data as Uint8Array<ArrayBuffer>;
    },
  };
  readonly #loaded = new Set<number>();
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #ended: Promise<void> | undefined;
  #idle: (() => void)[] = [];

  private constructor(workers: readonly HostWorker[], memory: DeviceMemory, own: number) {
    this.#workers = workers;
    this.#memory = memory;
    const spinMilliseconds = workers.length <= platform.availableThreads ? 2 : 0.02;
    workers.forEach((host, worker) => {
      host.onMessage((message) => this.#receive(message as FromWorker));
      host.onEnd((reason) => void this.#end(reason));
      const common = {
        layout: runLayout,
        memory: memory.shared,
        own: own + worker * ownBytes,
        spinMilliseconds,
      };
      host.post({ type: "start", worker, ...common } satisfies ToWorker);
    });
    memory.connect(this.#link);
  }

  /** `own` is the address of the workers' own blocks, one after the other; they never move. */
  static async start(workers: number, memory: DeviceMemory, own: number): Promise<WorkerPool> {
    await platform.prepareEngine();
    const started = await Promise.allSettled(Array.from({ length: workers }, () => platform.startWorker()));
    const hosts = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = started.find((result) => result.status === "rejected");
    if (failed === undefined) return new WorkerPool(hosts, memory, own);
    await Promise.allSettled(hosts.map((host) => host.terminate()));
    throw new WorkerError(`it could not be started: ${failed.reason}`, "the next call tries again");
  }

  /** Whether it takes no more work. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Runs the run block at that address on the first workers; resolves when all its steps are done. */
  async run(program: number, binary: KernelBinary, block: number, workers: number): Promise<void> {
    const asked = this.#workers.slice(0, workers);
    if (!this.#loaded.has(program)) {
      this.#loaded.add(program);
      this.#post({ type: "load", program, binary }, asked);
    }
    const memoryBytes = this.#memory.bytes;
    const message = { type: "run", program, block, workers, memoryBytes } as const;
    await this.#request((request) => ({ ...message, request }), workers, asked);
  }

  /** Makes all workers ready for machine code; gives a refusal where one cannot. */
  async openMachine(wanted: MachineRequest): Promise<Machine> {
    const answers = await this.#request(
      (request) => ({ type: "openMachine", request, wanted }),
      this.#workers.length,
    );
    const machines = answers.flatMap((answer) => (answer.type === "machine" ? [answer.machine] : []));
    return machines.find((machine) => "refusal" in machine) ?? machines[0]!;
  }

  /** Lets the first worker time ways to do the same work, one after the other; gives milliseconds of each. */
  async time(
    binary: Extract<KernelBinary, { readonly kind: "x64" }>,
    ways: readonly TimedWay[],
    milliseconds: number,
    options: TimingOptions,
  ): Promise<readonly (number | undefined)[]> {
    const [answer] = await this.#request(
      (request) => ({ type: "time", request, binary, ways, milliseconds, options }),
      1,
      this.#workers.slice(0, 1),
    );
    return (answer as Extract<FromWorker, { type: "timed" }>).times;
  }

  /** Workers forget a program's kernels. */
  unload(program: number): void {
    if (this.#loaded.delete(program)) this.#post({ type: "unload", program });
  }

  /** Resolves when nothing is pending, whether it succeeded or failed. */
  async idle(): Promise<void> {
    if (this.#pending.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends the workers; what is pending is rejected. */
  async close(): Promise<void> {
    if (!this.ended) await this.#releaseAll().catch(() => undefined);
    await this.#end("it was closed");
  }

  async #releaseAll(): Promise<void> {
    await this.#memory.keep();
    await this.#request((request) => ({ type: "release", request }), this.#workers.length);
  }

  /** Ends one worker from outside, as a crash would. */
  async terminateWorker(worker: number): Promise<void> {
    await this.#workers[worker]!.terminate();
    await this.#end("it was terminated");
  }

  /** Resolves when so many workers have answered; most requests are answered by the first worker only. */
  #request(
    message: (request: number) => ToWorker,
    awaited = 1,
    asked: readonly HostWorker[] = this.#workers,
  ): Promise<readonly FromWorker[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(new WorkerError("it had ended before"));
        return;
      }
      const request = this.#requests++;
      this.#pending.set(request, { awaited, answers: [], resolve, reject });
      if (this.#pending.size === 1) for (const worker of this.#workers) worker.keepAlive(true);
      for (const worker of asked) worker.post(message(request));
    });
  }

  #post(message: ToWorker, asked: readonly HostWorker[] = this.#workers): void {
    if (this.#ended === undefined) for (const worker of asked) worker.post(message);
  }

  #receive(message: FromWorker): void {
    if (message.type === "failed") void this.#end(message.reason);
    else this.#settle(message.request, message);
  }

  #settle(request: number, answer: FromWorker): void {
    const pending = this.#pending.get(request);
    if (pending === undefined || this.#ended !== undefined) return;
    pending.answers.push(answer);
    pending.awaited--;
    if (pending.awaited > 0) return;
    this.#pending.delete(request);
    pending.resolve(pending.answers);
    if (this.#pending.size === 0) this.#becomeIdle();
  }

  #becomeIdle(): void {
    if (this.#ended === undefined) for (const worker of this.#workers) worker.keepAlive(false);
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  #end(reason: string): Promise<void> {
    this.#memory.disconnect(this.#link);
    // Not at once: a host may tell that a worker ended before its `terminate` has returned.
    this.#ended ??= Promise.resolve().then(() => this.#terminate(reason));
    return this.#ended;
  }

  async #terminate(reason: string): Promise<void> {
    await Promise.allSettled(this.#workers.map((worker) => worker.terminate()));
    const error = new WorkerError(reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
    this.#becomeIdle();
  }
}
