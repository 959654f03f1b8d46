/**
 * The workers of one device, from the coordinating thread: it only posts messages and never waits. The first worker
 * that dies takes the pool with it: all others are ended, then what was pending is rejected.
 */
import { platform } from "../../platform/current.ts";
import type { HostWorker } from "../../platform/platform.ts";
import { WorkerError } from "../worker-error.ts";
import { controlBytes } from "./barrier.ts";
import type { DeviceMemory } from "./device-memory.ts";
import type { FromWorker, KernelBinary, ToWorker } from "./messages.ts";

interface Pending {
  resolve(data: Uint8Array<ArrayBuffer>): void;
  reject(error: Error): void;
}

const nothing = new Uint8Array(0);

export class WorkerPool {
  readonly #workers: readonly HostWorker[];
  readonly #memory: DeviceMemory;
  readonly #control: number;
  readonly #loaded = new Set<number>();
  readonly #pending = new Map<number, Pending>();
  #requests = 0;
  #ended: Promise<void> | undefined;
  #idle: (() => void)[] = [];

  private constructor(workers: readonly HostWorker[], memory: DeviceMemory) {
    this.#workers = workers;
    this.#memory = memory;
    this.#control = memory.allocate(controlBytes(workers.length));
    memory.write(this.#control, controlBytes(workers.length), (words) => words.fill(0));
    const spinMilliseconds = workers.length <= platform.availableThreads ? 2 : 0.02;
    workers.forEach((host, worker) => {
      host.onMessage((message) => this.#receive(message as FromWorker));
      host.onEnd((reason) => void this.#end(reason));
      const common = {
        workers: workers.length,
        memory: memory.shared,
        control: this.#control,
        spinMilliseconds,
      };
      host.post({ type: "start", worker, ...common } satisfies ToWorker);
    });
    memory.connect({
      write: (address, data) => this.#post({ type: "write", address, data, memoryBytes: memory.bytes }),
      read: (address, bytes) =>
        this.#request((request) => ({ type: "read", request, address, bytes, memoryBytes: memory.bytes })),
    });
  }

  static async start(workers: number, memory: DeviceMemory): Promise<WorkerPool> {
    await platform.prepareEngine();
    const started = await Promise.allSettled(Array.from({ length: workers }, () => platform.startWorker()));
    const hosts = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failed = started.find((result) => result.status === "rejected");
    if (failed === undefined) return new WorkerPool(hosts, memory);
    await Promise.allSettled(hosts.map((host) => host.terminate()));
    throw new WorkerError(`it could not be started: ${failed.reason}`);
  }

  /** Whether it takes no more work. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Runs the run block at that address; resolves when all its steps are done. */
  async run(program: number, binary: KernelBinary, block: number): Promise<void> {
    if (!this.#loaded.has(program)) {
      this.#loaded.add(program);
      this.#post({ type: "load", program, binary });
    }
    const memoryBytes = this.#memory.bytes;
    await this.#request((run) => ({ type: "run", run, program, block, memoryBytes }));
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
    await this.#end("it was closed");
  }

  /** Ends one worker from outside, as a crash would. */
  async terminateWorker(worker: number): Promise<void> {
    await this.#workers[worker]!.terminate();
    await this.#end("it was terminated");
  }

  #request(message: (request: number) => ToWorker): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(new WorkerError("it had ended before"));
        return;
      }
      const request = this.#requests++;
      this.#pending.set(request, { resolve, reject });
      if (this.#pending.size === 1) for (const worker of this.#workers) worker.keepAlive(true);
      this.#post(message(request));
    });
  }

  #post(message: ToWorker): void {
    if (this.#ended === undefined) for (const worker of this.#workers) worker.post(message);
  }

  #receive(message: FromWorker): void {
    if (message.type === "failed") void this.#end(message.reason);
    else if (message.type === "done") this.#settle(message.run, (pending) => pending.resolve(nothing));
    else this.#settle(message.request, (pending) => pending.resolve(message.data as Uint8Array<ArrayBuffer>));
  }

  #settle(request: number, act: (pending: Pending) => void): void {
    const pending = this.#pending.get(request);
    if (pending === undefined || this.#ended !== undefined) return;
    this.#pending.delete(request);
    act(pending);
    if (this.#pending.size === 0) this.#becomeIdle();
  }

  #becomeIdle(): void {
    if (this.#ended === undefined) for (const worker of this.#workers) worker.keepAlive(false);
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  #end(reason: string): Promise<void> {
    this.#ended ??= this.#terminate(reason);
    return this.#ended;
  }

  async #terminate(reason: string): Promise<void> {
    await Promise.allSettled(this.#workers.map((worker) => worker.terminate()));
    this.#memory.free(this.#control);
    const error = new WorkerError(reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
    this.#becomeIdle();
  }
}
