/** What a program's preparations left for the variables of one store, and whether it still holds. */
import type { CpuRuntime } from "../cpu-runtime.ts";
import type { SpareBlock } from "../memory/spare-blocks.ts";
import type { CpuStore } from "../memory/store.ts";
import type { WorkerPool } from "../pool/worker-pool.ts";
import type { CompiledProgram } from "./compiled-program.ts";

export class PreparedWeights {
  readonly compiled: CompiledProgram;
  readonly #runtime: CpuRuntime;
  readonly #block: SpareBlock;
  /** The workers that have run, or will run before all else, the preparations; and the store's version then. */
  #preparedBy: WorkerPool | undefined;
  #version = 0;

  /** Throws a DeviceMemoryError where there is no room. */
  constructor(runtime: CpuRuntime, compiled: CompiledProgram) {
    this.compiled = compiled;
    this.#runtime = runtime;
    this.#block = runtime.spare.take(this, compiled.plan.preparedBytes);
  }

  /** Where the results lie; undefined once memory was needed for something else. */
  get address(): number | undefined {
    return this.#block.address;
  }

  /** Keeps the results in memory until the function that it returns is called. */
  hold(): () => void {
    return this.#runtime.spare.hold(this.#block);
  }

  /** Whether the next run on these workers must begin with the preparations. */
  isStale(pool: WorkerPool, store: CpuStore): boolean {
    return this.#preparedBy !== pool || this.#version !== store.version;
  }

  /** A run that begins with the preparations was handed to the workers; where it fails, they end. */
  prepared(pool: WorkerPool, store: CpuStore): void {
    this.#preparedBy = pool;
    this.#version = store.version;
  }

  release(): void {
    this.#runtime.spare.release(this, this.#block);
  }
}
