/** Node: worker threads, files. Its modules are asked for at run time, so that no bundle for a browser meets them. */
import { nodeFunctionsRefusal } from "./node-foreign-functions.ts";
import type { HostWorker, Platform } from "./platform.ts";

/** Any module of Node's own, where it can be had without waiting (Node 20.16 and later). */
function builtin<T>(name: string): T | undefined {
  const get = process.getBuiltinModule as ((name: string) => unknown) | undefined;
  return get?.(name) as T | undefined;
}

async function load<T>(name: string): Promise<T> {
  return builtin<T>(name) ?? ((await import(/* @vite-ignore */ name)) as T);
}

export const nodePlatform: Platform = {
  name: "node",
  get availableThreads() {
    const os = builtin<typeof import("node:os")>("node:os");
    return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 4;
  },
  sharedMemory: typeof SharedArrayBuffer === "function",
  terminal: {
    get isTTY() {
      return process.stdout?.isTTY === true;
    },
    get columns() {
      return process.stdout?.columns || 80;
    },
    write: (text) => void process.stdout.write(text),
  },
  environment: (name) => process.env[name],
  now: () => performance.now(),
  // Timers may have their turn between the first one and the second only.
  turn: () => new Promise<void>((resume) => setImmediate(() => setImmediate(resume))),
  warn: (message) => console.warn(message),
  prepareEngine: allowRelaxedSimd,
  startWorker: () => startThread(["--disable-warning=ExperimentalWarning"]),
  workersRefusal: () => {
    const { permission } = process as { permission?: { has(scope: string): boolean } };
    return permission === undefined || permission.has("worker")
      ? undefined
      : "workers cannot be started: Node's permissions refuse them; --allow-worker grants them (and --allow-ffi machine code)";
  },
  collectGarbage,
  foreignFunctionsRefusal: nodeFunctionsRefusal,
  readFile: async (path) => {
    const { readFile } = await load<typeof import("node:fs/promises")>("node:fs/promises");
    return readFile(path);
  },
  writeFile: async (path, bytes) => {
    const { writeFile } = await load<typeof import("node:fs/promises")>("node:fs/promises");
    await writeFile(path, bytes);
  },
};

/** Node 20's engine has relaxed SIMD behind a flag, which later engines do not know any more. */
async function allowRelaxedSimd(): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) > 20) return;
  const { setFlagsFromString } = await load<typeof import("node:v8")>("node:v8");
  setFlagsFromString("--experimental-wasm-relaxed-simd");
}

/** What the flag --expose-gc offers; a program need not be started with it. */
async function collectGarbage(): Promise<void> {
  try {
    const { setFlagsFromString } = await load<typeof import("node:v8")>("node:v8");
    const { runInNewContext } = await load<typeof import("node:vm")>("node:vm");
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
  } catch {
    // An engine that cannot be asked collects when it likes.
  }
  await nodePlatform.turn();
}

/** Where a worker begins. */
export function workerEntry(): URL {
  return new URL(/* @vite-ignore */ "../runtime/cpu/worker.ts", import.meta.url);
}

/** Starts a worker thread; Deno has them too, but not the flag. */
export async function startThread(execArgv: readonly string[]): Promise<HostWorker> {
  const { Worker } = await load<typeof import("node:worker_threads")>("node:worker_threads");
  const worker = new Worker(workerEntry(), { execArgv: [...execArgv] });
  worker.unref();
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage: (handler) => {
      worker.on("message", handler);
      // Node 20 keeps a program alive for whoever listens.
      worker.unref();
    },
    onEnd: (handler) => {
      let reason: string | undefined;
      worker.on("error", (error: Error & { code?: string }) => {
        reason = error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "the worker ran out of memory" : String(error);
      });
      worker.on("messageerror", (error) => handler(`a message could not be read: ${error.message}`));
      worker.on("exit", (code) => handler(reason ?? `the worker exited with code ${code}`));
    },
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}
