/** What the coordinating thread and the workers tell each other. A run is one message, however many steps it has. */

/** A program's kernels, ready to be loaded by a worker. */
export type KernelBinary = {
  readonly kind: "wasm";
  readonly module: WebAssembly.Module;
  readonly kernels: number;
};

export type ToWorker =
  | {
      readonly type: "start";
      readonly worker: number;
      readonly workers: number;
      /** The shared memory; without it the one worker makes its own. */
      readonly memory: WebAssembly.Memory | undefined;
      /** Address of the control block. */
      readonly control: number;
      readonly spinMilliseconds: number;
    }
  | { readonly type: "load"; readonly program: number; readonly binary: KernelBinary }
  | { readonly type: "unload"; readonly program: number }
  /** Runs the run block at `block`; the memory is at least `memoryBytes` large by now. */
  | {
      readonly type: "run";
      readonly run: number;
      readonly program: number;
      readonly block: number;
      readonly memoryBytes: number;
    }
  /** Without shared memory: puts bytes into the worker's memory. */
  | {
      readonly type: "write";
      readonly address: number;
      readonly data: Uint8Array;
      readonly memoryBytes: number;
    }
  | {
      readonly type: "read";
      readonly request: number;
      readonly address: number;
      readonly bytes: number;
      readonly memoryBytes: number;
    };

export type FromWorker =
  | { readonly type: "done"; readonly run: number }
  | { readonly type: "data"; readonly request: number; readonly data: Uint8Array }
  | { readonly type: "failed"; readonly reason: string };
