/** Runs asynchronous tasks one after the other, in the order of the calls; a failed one does not stop the rest. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Queues a task; gives its result or its error. */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
