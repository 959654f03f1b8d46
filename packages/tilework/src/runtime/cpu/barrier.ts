/**
 * Meeting point and task counters of all workers, in shared memory.
 *
 * The last worker to arrive resets the counters and raises the generation; the others spin on it, for a bounded
 * time, and then park. A waiter announces itself before it looks at the generation for the last time, and the
 * releaser raises the generation before it looks for waiters, so no wake-up is lost.
 *
 * Each worker owns a contiguous share of a stage's tasks, so that it meets the same data in the next stage, and
 * helps the others when its own share is done.
 */

const lineWords = 16;
const arrivedWord = 0;
const generationWord = lineWords;
const parkedWord = 2 * lineWords;
const countersWord = 3 * lineWords;

/** Bytes of the control block for so many workers; each word has a cache line of its own. */
export function controlBytes(workers: number): number {
  return (countersWord + workers * lineWords) * 4;
}

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => undefined);

export class Barrier {
  readonly workers: number;
  readonly #worker: number;
  readonly #words: Int32Array;
  readonly #spinMilliseconds: number;

  /** `words` covers the control block, which starts as zeros. */
  constructor(words: Int32Array, worker: number, workers: number, spinMilliseconds: number) {
    this.#words = words;
    this.#worker = worker;
    this.workers = workers;
    this.#spinMilliseconds = spinMilliseconds;
  }

  /** Returns when all workers have called it. */
  wait(): void {
    const words = this.#words;
    const generation = Atomics.load(words, generationWord);
    if (Atomics.add(words, arrivedWord, 1) === this.workers - 1) this.#release();
    else this.#await(generation);
  }

  /** A task of the stage that nobody has taken yet, or -1. */
  takeTask(tasks: number): number {
    for (let turn = 0; turn < this.workers; turn++) {
      const owner = (this.#worker + turn) % this.workers;
      const end = Math.floor(((owner + 1) * tasks) / this.workers);
      const begin = Math.floor((owner * tasks) / this.workers);
      const counter = countersWord + owner * lineWords;
      if (begin + Atomics.load(this.#words, counter) >= end) continue;
      const task = begin + Atomics.add(this.#words, counter, 1);
      if (task < end) return task;
    }
    return -1;
  }

  #release(): void {
    const words = this.#words;
    for (let worker = 0; worker < this.workers; worker++)
      Atomics.store(words, countersWord + worker * lineWords, 0);
    Atomics.store(words, arrivedWord, 0);
    Atomics.add(words, generationWord, 1);
    if (Atomics.load(words, parkedWord) > 0) Atomics.notify(words, generationWord);
  }

  #await(generation: number): void {
    const words = this.#words;
    for (let turn = 0; turn < 100; turn++) {
      if (Atomics.load(words, generationWord) !== generation) return;
      pause();
    }
    const end = performance.now() + this.#spinMilliseconds;
    while (performance.now() < end)
      for (let turn = 0; turn < 100; turn++) {
        if (Atomics.load(words, generationWord) !== generation) return;
        pause();
      }
    this.#park(generation);
  }

  #park(generation: number): void {
    const words = this.#words;
    Atomics.add(words, parkedWord, 1);
    while (Atomics.load(words, generationWord) === generation)
      Atomics.wait(words, generationWord, generation);
    Atomics.sub(words, parkedWord, 1);
  }
}
