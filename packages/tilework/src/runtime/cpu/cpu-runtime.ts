/**
 * What all stores, sources and programs of one CPU device share: memory, workers, the scratch arena, the order of
 * calls. Blocks whose owner was collected are given back.
 */

import { lowestAddress } from "../../codegen/lowest-address.ts";
import type { Cpu } from "../../codegen/x64/print-kernel.ts";
import { scratchBytes } from "../../compiler/plan.ts";
import { platform } from "../../platform/current.ts";
import type { PlannedStep } from "../device.ts";
import type { Instructions } from "../instructions.ts";
import { SerialQueue } from "../serial-queue.ts";
import { WorkerError } from "../worker-error.ts";
import { makeSelfCheck } from "./loading/self-check.ts";
import { type Machine, ownBytes } from "./loading/x64-machine.ts";
import { blockBytes } from "./memory/allocator.ts";
import type { Block } from "./memory/blocks.ts";
import { createDeviceMemory, type DeviceMemory } from "./memory/device-memory.ts";
import { SpareBlocks } from "./memory/spare-blocks.ts";
import { stepBlocks } from "./memory/step-blocks.ts";
import { WorkerPool } from "./pool/worker-pool.ts";

export interface CpuRuntimeOptions {
  readonly threads: number;
  /** Whether workers share memory; default: where the platform can. */
  readonly shared?: boolean | undefined;
  /** Given, workers run machine code. */
  readonly instructions?: Instructions | undefined;
  /** Steps of less estimated work run on one worker. Default 100. */
  readonly soloMicroseconds?: number | undefined;
  /** Bytes of memory at most. */
  readonly memoryLimit?: number | undefined;
}

export class CpuRuntime {
  readonly threads: number;
  readonly soloMicroseconds: number;
  readonly memory: DeviceMemory;
  readonly spare: SpareBlocks;
  /** Calls take effect in their order: runs are handed to the workers from here, variables read and written. */
  readonly queue: SerialQueue = new SerialQueue();
  readonly #blocks: FinalizationRegistry<readonly Block[]>;
  readonly #programs: FinalizationRegistry<number>;
  readonly #inUse = new Set<object>();
  readonly #instructions: Instructions | undefined;
  #machine: Machine | undefined;
  #pool: WorkerPool | undefined;
  /** How many workers the last run took. */
  #busyWorkers = 0;
  #programNumbers = 0;
  #arena: { readonly block: Block; readonly bytes: number } | undefined;
  /** The workers' own blocks. It lies lowest, where compacting leaves it. */
  readonly #own: Block;

  constructor({ threads, shared, instructions, memoryLimit, soloMicroseconds = 100 }: CpuRuntimeOptions) {
    this.soloMicroseconds = soloMicroseconds;
    this.#instructions = instructions;
    this.memory = createDeviceMemory(shared, memoryLimit);
    this.spare = new SpareBlocks(this.memory);
    this.threads = this.memory.shared === undefined ? 1 : threads;
    this.#own = this.memory.allocate(this.threads * ownBytes);
    this.#blocks = new FinalizationRegistry((blocks) => {
      for (const block of blocks) this.memory.free(block);
    });
    this.#programs = new FinalizationRegistry((program) => this.#pool?.unload(program));
  }

  /** A number for a program, whose kernels workers forget when it is collected. */
  numberProgram(program: object): number {
    const number = this.#programNumbers++;
    this.#programs.register(program, number);
    return number;
  }

  /** Gives the blocks back when the owner is collected, or by `disown`. */
  own(owner: object, blocks: readonly Block[]): void {
    this.#blocks.register(owner, blocks, owner);
  }

  disown(owner: object, blocks: readonly Block[]): void {
    this.#blocks.unregister(owner);
    for (const block of blocks) this.memory.free(block);
  }

  /** Keeps from collection what workers use until the task is done. */
  async using<T>(things: object, task: () => Promise<T>): Promise<T> {
    this.#inUse.add(things);
    try {
      return await task();
    } finally {
      this.#inUse.delete(things);
    }
  }

  /** Running workers, fresh ones where there are none. Call it within the queue. */
  async pool(): Promise<WorkerPool> {
    if (this.#pool === undefined || this.#pool.ended) {
      // Workers that are ending may still write to the blocks that fresh ones are given.
      await this.#pool?.close();
      this.#pool = await this.#startPool();
    }
    return this.#pool;
  }

  /**
   * Running workers, of which a run will take the first `workers`. Runs of as many follow each other; others are
   * waited for first, because a worker that they leave out would begin too early. Call it within the queue.
   */
  async poolFor(workers: number): Promise<WorkerPool> {
    if (workers !== this.#busyWorkers) await this.#pool?.idle();
    this.#busyWorkers = workers;
    return this.pool();
  }

  /** Where argument blocks' addresses count from: the process's memory for machine code, else undefined. */
  get base(): bigint | undefined {
    return this.#machine !== undefined && "base" in this.#machine ? this.#machine.base : undefined;
  }

  /** The processor that machine code is printed for, once that is known. */
  get cpu(): Cpu | undefined {
    return this.#machine !== undefined && "cpu" in this.#machine ? this.#machine.cpu : undefined;
  }

  /** What machine code to print, or why none can run; asked once, by starting workers. */
  async machine(): Promise<Machine> {
    this.#machine ??= this.#earlyRefusal();
    if (this.#machine === undefined) await this.queue.run(() => this.pool());
    return this.#machine!;
  }

  /** What can be said without a worker. */
  #earlyRefusal(): Machine | undefined {
    if (this.memory.shared === undefined) return { refusal: "memory cannot be shared between threads" };
    const refusal = platform.foreignFunctionsRefusal();
    return refusal === undefined ? undefined : { refusal };
  }

  async #startPool(): Promise<WorkerPool> {
    const instructions = this.#instructions;
    const starting = WorkerPool.start(this.threads, this.memory, this.#own.address);
    if (instructions === undefined) return starting;
    // Workers take a while: meanwhile what they will be asked is made.
    const [pool, check] = await Promise.all([starting, makeSelfCheck()]);
    const memoryBytes = lowestAddress + this.memory.limit;
    const machine = await pool.openMachine({ instructions, check, memoryBytes });
    if ("refusal" in machine && this.base !== undefined) {
      await pool.close();
      throw new WorkerError(`it cannot run machine code any more: ${machine.refusal}`);
    }
    this.#machine = machine;
    return pool;
  }

  /** Lets workers start while the caller does something else; a failure shows at the next run. */
  warmUp(): void {
    this.queue.run(() => this.pool()).catch(() => undefined);
  }

  /** The address of scratch memory of at least that size, which all programs share. Call it within the queue. */
  async arena(bytes: number): Promise<number> {
    if (this.#arena === undefined || bytes > this.#arena.bytes) {
      await this.#pool?.idle();
      this.#giveArenaBack();
      this.#arena = { block: this.memory.allocate(bytes), bytes };
    }
    return this.#arena.block.address;
  }

  #giveArenaBack(): void {
    if (this.#arena !== undefined) this.memory.free(this.#arena.block);
    this.#arena = undefined;
  }

  /** Runs a task on memory that nobody else uses meanwhile. Call it within the queue, while the workers are idle. */
  async withScratch<T>(bytes: number, task: (address: number) => Promise<T>): Promise<T> {
    if (this.#arena !== undefined && bytes <= this.#arena.bytes) return task(this.#arena.block.address);
    const block = this.memory.allocate(bytes);
    try {
      return await task(block.address);
    } finally {
      this.memory.free(block);
    }
  }

  /** Bytes that scratch memory can have by now. */
  get availableForArena(): number {
    return (
      this.memory.limit -
      this.memory.used +
      (this.#arena === undefined ? 0 : blockBytes(this.#arena.bytes)) +
      this.spare.bytes
    );
  }

  /** Whether blocks of these sizes could be had, one after the other, and then a step by that plan be run. */
  hasRoom(toCome: readonly number[], step?: PlannedStep): boolean {
    const addresses = this.memory.addresses();
    for (const address of this.spare.unused) addresses.free(address);
    const take = (blocks: readonly number[]): boolean =>
      blocks.every((bytes) => addresses.allocate(bytes) !== undefined);
    if (!take(toCome)) return false;
    if (step === undefined) return true;
    const [scratch, ...others] = this.#blocksOf(step);
    const isLarger = this.#arena === undefined || scratch! > this.#arena.bytes;
    if (isLarger && this.#arena !== undefined) addresses.free(this.#arena.block.address);
    return take(isLarger ? [scratch!, ...others] : others);
  }

  /** Bytes of the blocks that a step takes, its scratch memory first. Two runs of it may be under way. */
  #blocksOf({ plan, namesRows }: PlannedStep): number[] {
    const { program, run } = stepBlocks(plan, this.threads, namesRows);
    return [scratchBytes(plan, this.threads), ...program, ...run, ...run];
  }

  /** Bytes of a step's blocks together with those of the sizes `toCome`. */
  stepBytes(toCome: readonly number[], step: PlannedStep): number {
    return [...toCome, ...this.#blocksOf(step)].reduce((sum, bytes) => sum + blockBytes(bytes), 0);
  }

  /**
   * Gives back what nobody refers to any more and what can be made again, and moves what is left together: then all that
   * is free lies in one piece. Call it within the queue.
   */
  async reclaim(): Promise<void> {
    await this.#pool?.idle();
    await platform.collectGarbage();
    this.#giveArenaBack();
    this.spare.giveBackUnused();
    this.memory.compact();
  }

  /** Runs the task when all calls before it are done, and before any later one begins. */
  exclusive<T>(task: () => T | Promise<T>): Promise<T> {
    return this.queue.run(async () => {
      await this.#pool?.idle();
      return task();
    });
  }

  async close(): Promise<void> {
    await this.exclusive(() => this.#pool?.close());
  }

  async terminateWorker(worker: number): Promise<void> {
    await this.#pool?.terminateWorker(worker);
  }
}
