/**
 * Calls on one model queue up. While callbacks run, training stands still, and calls that they (or others) make on
 * the model run at once: a callback may await `model.evaluate` without waiting for the very `fit` that awaits it.
 */
import { SerialQueue } from "../../runtime/serial-queue.ts";

export class ModelQueue {
  readonly #queues: SerialQueue[] = [new SerialQueue()];

  /** Runs a call when those before it are done. */
  run<T>(call: () => Promise<T>): Promise<T> {
    return this.#queues[this.#queues.length - 1]!.run(call);
  }

  /** Runs callbacks in the middle of a call; calls made meanwhile are done when this resolves. */
  async pause<T>(callbacks: () => Promise<T>): Promise<T> {
    const inner = new SerialQueue();
    this.#queues.push(inner);
    try {
      return await callbacks();
    } finally {
      await inner.run(async () => {});
      this.#queues.splice(this.#queues.indexOf(inner), 1);
    }
  }
}
