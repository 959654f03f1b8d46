/** The browser: web workers, shared memory under cross-origin isolation, no files, no terminal. */
import { TileworkError } from "../util/errors.ts";
import type { HostWorker, Platform } from "./platform.ts";
import { hostWebWorker } from "./web-worker.ts";

export const browserPlatform: Platform = {
  name: "browser",
  get availableThreads() {
    return Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1);
  },
  get sharedMemory() {
    return typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated === true;
  },
  terminal: { isTTY: false, columns: 80, write: (text) => console.log(text.replace(/\n$/, "")) },
  environment: () => undefined,
  now: () => performance.now(),
  turn: takeTurn,
  warn: (message) => console.warn(message),
  prepareEngine: async () => {},
  startWorker: async () => startWebWorker(),
  workersRefusal: () => undefined,
  collectGarbage: takeTurn,
  foreignFunctionsRefusal: () => "browsers have no foreign functions",
  readFile: refuseFiles,
  writeFile: refuseFiles,
};

/** Through a message, because a page's timers take 4 ms and more. */
function takeTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resume) => {
    port1.onmessage = () => {
      port1.close();
      resume();
    };
    port2.postMessage(undefined);
  });
}

/** Starts the worker; bundlers find its entry by this literal. */
export function startWebWorker(): HostWorker {
  return hostWebWorker(new Worker(new URL("../runtime/cpu/worker.ts", import.meta.url), { type: "module" }));
}

async function refuseFiles(path: string): Promise<never> {
  throw new TileworkError(`"${path}": a browser has no files by path; use bytes instead`);
}
