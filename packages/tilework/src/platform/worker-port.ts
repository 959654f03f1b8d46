/** The worker's end of the line to the thread that started it. */
import type { WorkerPort } from "./platform.ts";

interface WorkerScope {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage: ((event: { data: never }) => void) | null;
}

/** Calls `start` with the port; at once where the host allows it, so that no message is missed. */
export function withWorkerPort(start: (port: WorkerPort) => void): void {
  const isNode = typeof process === "object" && typeof process.versions?.node === "string";
  if (!isNode || "Bun" in globalThis) start(webPort());
  else if (process.getBuiltinModule as unknown)
    start(nodePort(process.getBuiltinModule("node:worker_threads")));
  else void importThreads().then((threads) => start(nodePort(threads)));
}

type WorkerThreads = typeof import("node:worker_threads");

/** The name is no literal at the place of use, so that bundlers leave it alone. */
function importThreads(name = "node:worker_threads"): Promise<WorkerThreads> {
  return import(/* @vite-ignore */ name);
}

function webPort(): WorkerPort {
  const scope = globalThis as unknown as WorkerScope;
  return {
    post: (message, transfer = []) => scope.postMessage(message, [...transfer]),
    onMessage: (handler) => {
      scope.onmessage = (event) => handler(event.data);
    },
  };
}

function nodePort({ parentPort }: Pick<WorkerThreads, "parentPort">): WorkerPort {
  return {
    post: (message, transfer = []) => parentPort!.postMessage(message, [...transfer]),
    onMessage: (handler) => void parentPort!.on("message", (message) => handler(message as never)),
  };
}
