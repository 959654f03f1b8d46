/**
 * The board of a worker that runs alone: it takes all tasks of a point at once, and nothing is kept in memory. Small
 * programs run so, whose kernels take little longer than the calls into them.
 */
import type { Board, TaskRange } from "./task-board.ts";

export class SoloBoard implements Board {
  readonly workers = 1;
  readonly range: TaskRange = { first: 0, end: 0 };
  #point = -1;
  #step = -1;

  take(point: number, step: number, tasks: number): boolean {
    if (point === this.#point && step === this.#step) return false;
    this.#point = point;
    this.#step = step;
    this.range.end = tasks;
    return true;
  }

  finish(): boolean {
    return true;
  }

  meet(): boolean {
    return true;
  }

  wait(): void {}
}
