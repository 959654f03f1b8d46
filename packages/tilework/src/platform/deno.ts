/** Deno: Node's worker threads (the web's would keep a program alive), its own environment and files. */
import { denoFunctionsRefusal } from "./deno-foreign-functions.ts";
import { nodePlatform, startThread, workerEntry } from "./node.ts";
import type { Platform } from "./platform.ts";

interface DenoApi {
  readonly env: { get(name: string): string | undefined };
  readonly permissions: { querySync(what: { name: "read"; path: URL }): { readonly state: string } };
  readonly stdout: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number };
  consoleSize(): { columns: number };
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
}

const api = (): DenoApi => (globalThis as unknown as { Deno: DenoApi }).Deno;

/** The value, or undefined where it is refused (no permission, no terminal). */
function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

export const denoPlatform: Platform = {
  name: "deno",
  get availableThreads() {
    return Math.max(1, navigator.hardwareConcurrency);
  },
  sharedMemory: typeof SharedArrayBuffer === "function",
  terminal: {
    get isTTY() {
      return api().stdout.isTerminal();
    },
    get columns() {
      return attempt(() => api().consoleSize().columns) ?? 80;
    },
    write: (text) => void api().stdout.writeSync(new TextEncoder().encode(text)),
  },
  environment: (name) => attempt(() => api().env.get(name)),
  now: () => performance.now(),
  turn: nodePlatform.turn,
  warn: (message) => console.warn(message),
  prepareEngine: async () => {},
  startWorker: () => startThread([]),
  workersRefusal: () => {
    const path = workerEntry();
    const granted = attempt(() => api().permissions.querySync({ name: "read", path }).state) ?? "granted";
    return granted === "granted"
      ? undefined
      : `workers cannot be started: Deno's permissions refuse to read ${path.pathname}; ` +
          "--allow-read grants it (and --allow-ffi machine code)";
  },
  collectGarbage: nodePlatform.collectGarbage,
  foreignFunctionsRefusal: denoFunctionsRefusal,
  readFile: (path) => api().readFile(path),
  writeFile: (path, bytes) => api().writeFile(path, bytes),
};
