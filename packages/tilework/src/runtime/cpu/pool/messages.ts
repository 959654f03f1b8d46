/** What the coordinating thread and the workers tell each other. A run is one message, however many steps it has. */

import type { Machine, MachineRequest } from "../loading/x64-machine.ts";
import type { Move } from "../memory/allocator.ts";
import type { TimedWay, TimingOptions } from "../tuning/time-kernels.ts";

/** A program's kernels, ready to be loaded by a worker. */
export type KernelBinary =
  | { readonly kind: "wasm"; readonly module: WebAssembly.Module; readonly kernels: number }
  /** Position-independent code; each kernel begins at its offset, a multiple of 64. */
  | { readonly kind: "x64"; readonly code: Uint8Array; readonly offsets: readonly number[] };

export type ToWorker =
  | {
      readonly type: "start";
      readonly worker: number;
      /** `runLayout` of the thread that starts the worker. */
      readonly layout: string;
      /** The shared memory; without it the one worker makes its own. */
      readonly memory: WebAssembly.Memory | undefined;
      /** Address of the block that only this worker uses. */
      readonly own: number;
      readonly spinMilliseconds: number;
    }
  /** Gets ready for machine code; every worker answers. */
  | { readonly type: "openMachine"; readonly request: number; readonly wanted: MachineRequest }
  /** Gives back what would outlive the worker; every worker answers. */
  | { readonly type: "release"; readonly request: number }
  | { readonly type: "load"; readonly program: number; readonly binary: KernelBinary }
  | { readonly type: "unload"; readonly program: number }
  /** Runs the run block at `block` together with the other `workers`, the first ones; the memory is at least `memoryBytes` large by now. */
  | {
      readonly type: "run";
      readonly request: number;
      readonly program: number;
      readonly block: number;
      readonly workers: number;
      readonly memoryBytes: number;
    }
  /** Times ways to do the same work; the worker that is asked answers. */
  | {
      readonly type: "time";
      readonly request: number;
      readonly binary: Extract<KernelBinary, { readonly kind: "x64" }>;
      readonly ways: readonly TimedWay[];
      readonly milliseconds: number;
      readonly options: TimingOptions;
    }
  /** Without shared memory: puts bytes into the worker's memory. */
  | {
      readonly type: "write";
      readonly address: number;
      readonly data: Uint8Array;
      readonly memoryBytes: number;
    }
  /** Without shared memory: moves bytes within the worker's memory, one after the other. */
  | { readonly type: "move"; readonly moves: readonly Move[]; readonly memoryBytes: number }
  | {
      readonly type: "read";
      readonly request: number;
      readonly address: number;
      readonly bytes: number;
      readonly memoryBytes: number;
    };

export type FromWorker =
  | { readonly type: "machine"; readonly request: number; readonly machine: Machine }
  | { readonly type: "released"; readonly request: number }
  | { readonly type: "done"; readonly request: number }
  | {
      readonly type: "timed";
      readonly request: number;
      readonly times: readonly (number | undefined)[];
    }
  | { readonly type: "data"; readonly request: number; readonly data: Uint8Array }
  | { readonly type: "failed"; readonly reason: string };
