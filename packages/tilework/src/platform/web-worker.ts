/** Workers of the web's kind, which browsers and Bun share. */
import type { HostWorker } from "./platform.ts";

/** Wraps a web worker; `ref` and `unref` exist in Bun only. */
export function hostWebWorker(worker: Worker & { ref?(): void; unref?(): void }): HostWorker {
  let ended = false;
  worker.unref?.();
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    onMessage: (handler) => {
      worker.onmessage = (event) => handler(event.data);
    },
    onEnd: (handler) => {
      const end = (reason: string): void => {
        if (!ended) handler(reason);
        ended = true;
      };
      worker.onerror = (event) => {
        event.preventDefault?.();
        end(event.message || "the worker's script could not be loaded or failed");
      };
      worker.onmessageerror = () => end("a message to the worker could not be read");
      worker.addEventListener("close", () => end("the worker closed"));
    },
    keepAlive: (alive) => (alive ? worker.ref?.() : worker.unref?.()),
    terminate: async () => {
      ended = true;
      worker.terminate();
    },
  };
}
