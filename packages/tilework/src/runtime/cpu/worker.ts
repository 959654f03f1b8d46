/** The workers' entry. A worker does what messages say, in their order; a failure is told and ends the pool. */
import type { WorkerPort } from "../../platform/platform.ts";
import { withWorkerPort } from "../../platform/worker-port.ts";
import { invariant } from "../../util/errors.ts";
import type { KernelLoader, LoadedKernels } from "./loading/kernel-loader.ts";
import { wasmLoader } from "./loading/wasm-loader.ts";
import { openMachine } from "./loading/x64-machine.ts";
import { createMemory } from "./memory/wasm-memory.ts";
import { runSteps } from "./pool/driver.ts";
import type { FromWorker, KernelBinary, ToWorker } from "./pool/messages.ts";
import { Patience } from "./pool/patience.ts";
import { runLayout } from "./pool/run-block.ts";
import { timeKernels } from "./tuning/time-kernels.ts";

class PoolWorker {
  readonly #worker: number;
  readonly #memory: WebAssembly.Memory;
  readonly #patience: Patience;
  readonly #own: number;
  readonly #wasm: KernelLoader<"wasm">;
  #x64: KernelLoader<"x64"> | undefined;
  readonly #programs = new Map<number, LoadedKernels>();
  readonly #port: WorkerPort;

  constructor(start: Extract<ToWorker, { type: "start" }>, port: WorkerPort) {
    if (start.layout !== runLayout)
      throw new Error("its script is of another build of Tilework; load both from the same one");
    this.#worker = start.worker;
    this.#memory = start.memory ?? createMemory(false).memory;
    this.#patience = new Patience(start.spinMilliseconds);
    this.#own = start.own;
    this.#wasm = wasmLoader(this.#memory);
    this.#port = port;
  }

  handle(message: Exclude<ToWorker, { type: "start" }>): void {
    switch (message.type) {
      case "load":
        this.#programs.set(message.program, this.#load(message.binary));
        break;
      case "unload":
        this.#programs.get(message.program)?.release();
        this.#programs.delete(message.program);
        break;
      case "openMachine": {
        const { machine, loader } = openMachine(this.#memory, this.#own, message.wanted);
        this.#x64 = loader;
        this.#answer({ type: "machine", request: message.request, machine });
        break;
      }
      case "release":
        for (const loaded of this.#programs.values()) loaded.release();
        this.#programs.clear();
        this.#answer({ type: "released", request: message.request });
        break;
      case "run":
        runSteps(
          this.#buffer(message.memoryBytes),
          message.block,
          this.#programs.get(message.program)!.kernels,
          this.#worker,
          message.workers,
          this.#patience,
        );
        this.#answer({ type: "done", request: message.request });
        break;
      case "time": {
        const { kernels, release } = this.#load(message.binary);
        const times = timeKernels(kernels, message.ways, message.milliseconds, message.options);
        release();
        this.#answer({ type: "timed", request: message.request, times });
        break;
      }
      case "write":
        new Uint8Array(this.#buffer(message.memoryBytes)).set(message.data, message.address);
        break;
      case "move": {
        const memory = new Uint8Array(this.#buffer(message.memoryBytes));
        for (const { from, to, bytes } of message.moves) memory.copyWithin(to, from, from + bytes);
        break;
      }
      case "read": {
        const buffer = this.#buffer(message.memoryBytes) as ArrayBuffer;
        const data = buffer.slice(message.address, message.address + message.bytes);
        this.#answer({ type: "data", request: message.request, data: new Uint8Array(data) }, [data]);
      }
    }
  }

  #load(binary: KernelBinary): LoadedKernels {
    if (binary.kind === "wasm") return this.#wasm.load(binary);
    invariant(this.#x64 !== undefined, "a worker was given machine code before it was ready");
    return this.#x64.load(binary);
  }

  #answer(message: FromWorker, transfer?: readonly ArrayBuffer[]): void {
    this.#port.post(message, transfer);
  }

  /** The memory in its present size; a memory of one's own is grown to that size first. */
  #buffer(bytes: number): ArrayBufferLike {
    const missing = Math.ceil((bytes - this.#memory.buffer.byteLength) / 65536);
    if (missing > 0) this.#memory.grow(missing);
    return this.#memory.buffer;
  }
}

function serve(port: WorkerPort): void {
  let worker: PoolWorker | undefined;
  port.onMessage((message: ToWorker) => {
    try {
      if (message.type === "start") worker = new PoolWorker(message, port);
      else worker!.handle(message);
    } catch (error) {
      port.post({ type: "failed", reason: String(error) } satisfies FromWorker);
    }
  });
}

withWorkerPort(serve);
