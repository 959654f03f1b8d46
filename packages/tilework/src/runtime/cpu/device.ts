/** The CPU devices: compiled programs on a pool of workers over one shared memory. */
import { supportsRelaxedSimd } from "../../codegen/wasm/features.ts";
import type { FusedPrograms } from "../../compiler/compile.ts";
import type { Plan } from "../../compiler/plan.ts";
import { avx2Target, avx512Target, type Target, wasmTarget } from "../../compiler/target.ts";
import type { Program } from "../../graph/program.ts";
import type { Nest } from "../../kernel/nest.ts";
import { platform } from "../../platform/current.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import { BoundedCache } from "../bounded-cache.ts";
import { Breaks } from "../breaks.ts";
import type {
  DataSource,
  Device,
  Executable,
  HostData,
  PlannedStep,
  VariableStore,
  VectorInstructions,
} from "../device.ts";
import { DeviceError } from "../device-error.ts";
import type { Instructions } from "../instructions.ts";
import { warnOnce } from "../warn-once.ts";
import { CpuRuntime } from "./cpu-runtime.ts";
import { MachineCodePrinter } from "./loading/print-machine-code.ts";
import { CpuSource } from "./memory/source.ts";
import { CpuStore } from "./memory/store.ts";
import type { CpuCompiler } from "./program/compiled-program.ts";
import { CpuExecutable } from "./program/executable.ts";
import { type OpNumbers, structureKey } from "./program/structure-key.ts";
import type { Toolchain } from "./program/toolchain.ts";
import { foundSchedule } from "./tuning/found-schedules.ts";
import { TunableProgram } from "./tuning/tunable-program.ts";

export interface CpuDeviceOptions {
  /** WebAssembly, or machine code for x86-64. */
  readonly kind: "wasm" | "x64";
  /** Workers; default: all processors. One where memory cannot be shared. */
  readonly threads?: number;
  /** Which WebAssembly to print; default: relaxed SIMD where the engine has it. */
  readonly variant?: "relaxed" | "strict";
  /** Which machine code to print; default: the widest vectors that the processor has. */
  readonly instructions?: Instructions;
  /** Whether workers share memory; default: where the platform can. */
  readonly shared?: boolean;
  /** Bytes of memory at most; default: what the engine grants, up to 4 GiB. */
  readonly memoryLimit?: number | undefined;
  /** Microseconds: steps of less estimated work run on one worker; default 100. Results do not depend on it. */
  readonly soloMicroseconds?: number;
  /** Milliseconds for finding a program's schedules by timing; default 0: they are not timed. */
  readonly tuning?: number;
  readonly toolchain: Toolchain;
}

export interface CpuDevice extends Device {
  /** Why it cannot run here; undefined where it can. Machine code is asked by starting the workers. */
  refusal(): Promise<string | undefined>;
  /** Bytes of device memory that are handed out. */
  readonly memoryInUse: number;
  /** Ends one worker as a crash would, for tests. */
  terminateWorker(worker: number): Promise<void>;
}

const programLimit = 64;

export function createCpuDevice(options: CpuDeviceOptions): CpuDevice {
  return new PooledDevice(options);
}

class PooledDevice implements CpuDevice {
  readonly name: "wasm" | "x64";
  readonly #runtime: CpuRuntime;
  readonly #compiler: CpuCompiler;
  readonly #variant: CpuDeviceOptions["variant"];
  readonly #ops: OpNumbers = new Map();
  readonly #executables = new WeakMap<Program, Promise<Executable>>();
  readonly #compiled = new BoundedCache<string, Promise<TunableProgram>>(programLimit);

  constructor(options: CpuDeviceOptions) {
    const { kind, threads = platform.availableThreads, variant, shared, toolchain } = options;
    const { instructions = "auto", memoryLimit, tuning = 0 } = options;
    this.name = kind;
    this.#runtime = new CpuRuntime({
      threads,
      shared,
      instructions: kind === "x64" ? instructions : undefined,
      memoryLimit,
      soloMicroseconds: options.soloMicroseconds,
    });
    this.#compiler = {
      runtime: this.#runtime,
      toolchain,
      printer: new MachineCodePrinter(toolchain),
      tuning,
    };
    this.#variant = variant;
    if (this.#runtime.memory.shared === undefined && threads > 1)
      warnOnce(
        "Tilework runs in one worker because memory cannot be shared here; " +
          "a page shares it when it is cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin " +
          "and Cross-Origin-Embedder-Policy: require-corp)",
      );
  }

  get threads(): number {
    return this.#runtime.threads;
  }

  get instructions(): VectorInstructions | undefined {
    if (this.name === "x64") return this.#runtime.cpu;
    return this.#isRelaxed() ? "relaxed-simd" : "simd128";
  }

  get availableBytes(): number {
    return this.#runtime.availableForArena;
  }

  hasRoom(toCome: readonly number[], step?: PlannedStep): boolean {
    return this.#runtime.hasRoom(toCome, step);
  }

  stepBytes(toCome: readonly number[], step: PlannedStep): number {
    return this.#runtime.stepBytes(toCome, step);
  }

  reclaim(): Promise<void> {
    return this.#runtime.queue.run(() => this.#runtime.reclaim());
  }

  get memoryInUse(): number {
    return this.#runtime.memory.used;
  }

  createStore(): VariableStore {
    return new CpuStore(this.#runtime);
  }

  createSource(data: HostData, rowSize: number, dtype: Dtype): DataSource {
    return new CpuSource(this.#runtime, data, rowSize, dtype);
  }

  load(program: Program, fused?: FusedPrograms): Promise<Executable> {
    const known = this.#executables.get(program);
    if (known !== undefined) return known;
    this.#runtime.warmUp();
    const executable = this.#compile(program, fused).then(
      (tunable) => new CpuExecutable(this.#runtime, tunable, program),
    );
    this.#executables.set(program, executable);
    executable.catch(() => this.#executables.delete(program));
    return executable;
  }

  async inspect(program: Program): Promise<Plan> {
    const target = await this.#target();
    const options = { workers: this.#runtime.threads, found: (nest: Nest) => foundSchedule(nest, target) };
    return new Breaks().during(this.#compiler.toolchain.plan(program, target, options));
  }

  async refusal(): Promise<string | undefined> {
    if (this.name === "wasm") return undefined;
    const machine = await this.#runtime.machine();
    return "refusal" in machine ? machine.refusal : undefined;
  }

  close(): Promise<void> {
    return this.#runtime.close();
  }

  terminateWorker(worker: number): Promise<void> {
    return this.#runtime.terminateWorker(worker);
  }

  #compile(program: Program, fused?: FusedPrograms): Promise<TunableProgram> {
    const key = structureKey(program, this.#ops);
    const known = key === undefined ? undefined : this.#compiled.get(key);
    if (known !== undefined) return known;
    const compiled = this.#target().then((target) =>
      TunableProgram.compile(this.#compiler, target, program, fused),
    );
    if (key !== undefined) {
      this.#compiled.set(key, compiled);
      compiled.catch(() => this.#compiled.delete(key));
    }
    return compiled;
  }

  async #target(): Promise<Target> {
    return this.name === "wasm" ? this.#wasmTarget() : this.#x64Target();
  }

  async #x64Target(): Promise<Target> {
    const machine = await this.#runtime.machine();
    if ("refusal" in machine) throw new DeviceError("x64", machine.refusal);
    const { cpu, multiplyAdds } = machine;
    return { ...(cpu === "avx512" ? avx512Target : avx2Target), multiplyAdds };
  }

  async #wasmTarget(): Promise<Target> {
    await platform.prepareEngine();
    return { ...wasmTarget, fused: this.#isRelaxed() };
  }

  #isRelaxed(): boolean {
    return this.#variant === undefined ? supportsRelaxedSimd() : this.#variant === "relaxed";
  }
}
