/**
 * Which tasks of a run are taken and which are done, in shared memory: what workers have instead of barriers.
 *
 * A run goes through the same points (stages of a step) once a step. A point is passed when its tasks are done, not
 * when all workers have come: a worker whom the system keeps from its core while it holds no task holds up nobody,
 * and finds its way by looking at the points it has missed. Each point has a counter a worker and one of done tasks,
 * all in cache lines of their own and never reset during a run: step s's tickets are the numbers from s times the
 * share on, and are taken by compare and exchange, so that a late worker can neither take a ticket twice nor one of
 * another step.
 *
 * Each worker owns a contiguous share of a point's tasks, so that it meets the same data again, and helps the others
 * when its own share is taken. Many small tasks are taken several at a time.
 *
 * No wake-up is lost. All accesses are sequentially consistent. A waiter (1) counts itself as parked, (2) reads the
 * count of done tasks, (3) sleeps only if that count has not changed. Whoever finishes a point (a) adds to the count,
 * (b) reads how many are parked. Where (b) finds none, (1) and so (2) come after (a): the waiter sees the point done.
 * Where (b) finds some, all sleepers of the point's count are woken after (a), and one that had not slept yet finds
 * at (3) that the count has changed. Adds that do not finish the point wake nobody and need not. A point is finished
 * by exactly one add, because a step's adds begin when those of the step before, which all had waited for, are done;
 * it is finished at all because every taken task is held by a worker that runs and never waits while it holds one.
 */
import type { Patience } from "./patience.ts";

const lineWords = 16;
const parkedWord = 0;
const pointsWord = lineWords;
/** A share is taken in about so many turns: that leaves enough for others to help with. */
export const ticketsOfShare = 16;

/** Bytes of a board, which starts as zeros. */
export function boardBytes(points: number, workers: number): number {
  return (pointsWord + points * (workers + 1) * lineWords) * 4;
}

/** Tasks from `first` up to `end`. */
export interface TaskRange {
  first: number;
  end: number;
}

/** How a worker comes by a point's tasks. */
export interface Board {
  readonly workers: number;
  /** What `take` found, in one object for all calls. */
  readonly range: TaskRange;
  /** Takes tasks of a point that nobody has taken yet into `range`, `atOnce` or more; false where there are none. */
  take(point: number, step: number, tasks: number, atOnce: number): boolean;
  /** The taken tasks are done. Whether they were the point's last ones. */
  finish(point: number, step: number, tasks: number): boolean;
  /**
   * Returns when all workers have called it, and tells whether this one came last. A point serves for meetings or for
   * tasks.
   */
  meet(point: number, step: number): boolean;
  /** Returns when all tasks of a point are done. */
  wait(point: number, step: number, tasks: number): void;
}

export class TaskBoard implements Board {
  readonly worker: number;
  readonly workers: number;
  readonly #words: Int32Array;
  readonly #patience: Patience;
  readonly range: TaskRange = { first: 0, end: 0 };

  constructor(words: Int32Array, worker: number, workers: number, patience: Patience) {
    this.#words = words;
    this.worker = worker;
    this.workers = workers;
    this.#patience = patience;
  }

  take(point: number, step: number, tasks: number, atOnce: number): boolean {
    for (let turn = 0; turn < this.workers; turn++) {
      const owner = (this.worker + turn) % this.workers;
      const first = Math.floor((owner * tasks) / this.workers);
      const share = Math.floor(((owner + 1) * tasks) / this.workers) - first;
      if (share === 0) continue;
      const several = Math.max(atOnce, Math.floor(share / ticketsOfShare));
      if (this.#takeFrom(this.#wordOf(point) + (owner + 1) * lineWords, step * share, share, several)) {
        this.range.first += first;
        this.range.end += first;
        return true;
      }
    }
    return false;
  }

  finish(point: number, step: number, tasks: number): boolean {
    return this.#add(point, this.range.end - this.range.first, (step + 1) * tasks);
  }

  meet(point: number, step: number): boolean {
    const last = this.#add(point, 1, (step + 1) * this.workers);
    this.wait(point, step, this.workers);
    return last;
  }

  wait(point: number, step: number, tasks: number): void {
    const words = this.#words;
    const at = this.#wordOf(point);
    const target = (step + 1) * tasks;
    if (this.#patience.spin(() => Atomics.load(words, at) >= target)) return;
    Atomics.add(words, parkedWord, 1);
    for (let done = Atomics.load(words, at); done < target; done = Atomics.load(words, at))
      Atomics.wait(words, at, done);
    Atomics.sub(words, parkedWord, 1);
    this.#patience.woken();
  }

  /** Counts what is done; wakes those who wait when that is all. */
  #add(point: number, done: number, all: number): boolean {
    const words = this.#words;
    const at = this.#wordOf(point);
    if (Atomics.add(words, at, done) + done < all) return false;
    if (Atomics.load(words, parkedWord) > 0) Atomics.notify(words, at);
    return true;
  }

  #takeFrom(word: number, base: number, share: number, several: number): boolean {
    const words = this.#words;
    let next = Atomics.load(words, word);
    while (next < base + share) {
      const end = Math.min(next + several, base + share);
      const found = Atomics.compareExchange(words, word, next, end);
      if (found === next) {
        this.range.first = next - base;
        this.range.end = end - base;
        return true;
      }
      next = found;
    }
    return false;
  }

  /** The word that counts done tasks; the workers' tickets follow. */
  #wordOf(point: number): number {
    return pointsWord + point * (this.workers + 1) * lineWords;
  }
}
