/**
 * Meeting point and task counters of all workers, in shared memory.
 *
 * The last worker to arrive resets the counters and raises the generation; the others spin on it, for a bounded
 * time, and then park. Spinning is fastest while every worker has a core, and it gives the system time to spread
 * workers over the cores. Where other processes want the cores, a peer may be waiting for just ours: when long spins
 * end in vain twice in a row, spins are short for a while, and then long ones are tried again. A waiter announces
 * itself before it looks at the generation for the last time, and the releaser raises the generation before it looks
 * for waiters, so no wake-up is lost.
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

/** Milliseconds of a short spin. */
const shortSpin = 0.02;

/** Milliseconds until long spins are tried again. */
const impatience = 30;

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? (() => undefined);

export class Barrier {
  readonly workers: number;
  readonly #worker: number;
  readonly #words: Int32Array;
  readonly #longSpin: number;
  #failures = 0;
  #patientFrom = 0;

  /** `words` covers the control block, which starts as zeros. */
  constructor(words: Int32Array, worker: number, workers: number, spinMilliseconds: number) {
    this.#words = words;
    this.#worker = worker;
    this.workers = workers;
    this.#longSpin = spinMilliseconds;
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
    const begin = performance.now();
    const patient = begin >= this.#patientFrom;
    const end = begin + (patient ? this.#longSpin : shortSpin);
    while (performance.now() < end)
      for (let turn = 0; turn < 100; turn++) {
        if (Atomics.load(words, generationWord) !== generation) {
          this.#failures = 0;
          return;
        }
        pause();
      }
    this.#park(generation);
    if (patient) this.#judge(performance.now() - end);
  }

  #park(generation: number): void {
    const words = this.#words;
    Atomics.add(words, parkedWord, 1);
    while (Atomics.load(words, generationWord) === generation)
      Atomics.wait(words, generationWord, generation);
    Atomics.sub(words, parkedWord, 1);
  }

  /** After a long spin in vain: was it our core that the peer waited for? */
  #judge(parked: number): void {
    this.#failures = parked < this.#longSpin ? this.#failures + 1 : 0;
    if (this.#failures < 2) return;
    this.#failures = 0;
    this.#patientFrom = performance.now() + impatience;
  }
}
