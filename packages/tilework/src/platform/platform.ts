/**
 * What the library asks of its host: threads, a terminal, the environment, files. Node, Deno, Bun and browsers
 * each answer in their own file; nothing else in the library touches a host's API.
 */

/** A worker that runs `runtime/cpu/worker.ts`, seen from the thread that started it. */
export interface HostWorker {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(handler: (message: unknown) => void): void;
  /** Called once when the worker ends or breaks, with a reason for people. */
  onEnd(handler: (reason: string) => void): void;
  /** Whether the worker keeps the program alive. A new worker does not. */
  keepAlive(alive: boolean): void;
  /** Ends it; resolves when it runs no more. */
  terminate(): Promise<void>;
}

export interface Terminal {
  readonly isTTY: boolean;
  /** Characters of a line; 80 where nobody knows. */
  readonly columns: number;
  /** Writes text as it is, without a line end. */
  write(text: string): void;
}

export interface Platform {
  readonly name: "node" | "deno" | "bun" | "browser";
  /** Processors that this program may use; at least 1. */
  readonly availableThreads: number;
  /** Whether memory can be shared with workers; in a page it takes cross-origin isolation. */
  readonly sharedMemory: boolean;
  readonly terminal: Terminal;
  /** An environment variable; undefined where it is not set, may not be read, or there are none. */
  environment(name: string): string | undefined;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Resolves when timers and events that are due have had their turn; costs microseconds. */
  turn(): Promise<void>;
  /** Tells the user's console. */
  warn(message: string): void;
  /** Switches on what the engine has but hides behind a flag; call it before the first WebAssembly module. */
  prepareEngine(): Promise<void>;
  startWorker(): Promise<HostWorker>;
  /** The missing permission without which no worker starts, and how to grant it; undefined where none is missing. */
  workersRefusal(): string | undefined;
  /** Lets the engine find what nobody refers to any more, where it can be asked to; takes milliseconds. */
  collectGarbage(): Promise<void>;
  /** Why workers cannot call foreign functions, as far as it can be said here; undefined where they may. */
  foreignFunctionsRefusal(): string | undefined;
  /** Throws a TileworkError where there are no files. */
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

/** The other end, inside the worker. */
export interface WorkerPort {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(handler: (message: never) => void): void;
}
