/** Bun: the web's workers; everything else as in Node. */
import { startWebWorker } from "./browser.ts";
import { bunFunctionsRefusal } from "./bun-foreign-functions.ts";
import { nodePlatform } from "./node.ts";
import type { Platform } from "./platform.ts";

export const bunPlatform: Platform = {
  name: "bun",
  get availableThreads() {
    return nodePlatform.availableThreads;
  },
  sharedMemory: typeof SharedArrayBuffer === "function",
  terminal: nodePlatform.terminal,
  environment: nodePlatform.environment,
  now: nodePlatform.now,
  turn: nodePlatform.turn,
  warn: nodePlatform.warn,
  prepareEngine: async () => {},
  startWorker: async () => startWebWorker(),
  workersRefusal: () => undefined,
  collectGarbage: async () => {
    (globalThis as unknown as { Bun: { gc(now: boolean): void } }).Bun.gc(true);
    await nodePlatform.turn();
  },
  foreignFunctionsRefusal: bunFunctionsRefusal,
  readFile: nodePlatform.readFile,
  writeFile: nodePlatform.writeFile,
};
