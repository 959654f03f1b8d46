/**
 * The board of a worker that runs alone. It takes a point's tasks in as few turns as others would, and nothing is kept
 * in memory: small programs run so, whose kernels take little longer than an atomic operation.
 */
import { type Board, type TaskRange, ticketsOfShare } from "./task-board.ts";

export class SoloBoard implements Board {
  readonly workers = 1;
  readonly range: TaskRange = { first: 0, end: 0 };
  #point = -1;
  #step = -1;

  take(point: number, step: number, tasks: number, atOnce: number): boolean {
    const { range } = this;
    if (point !== this.#point || step !== this.#step) {
      this.#point = point;
      this.#step = step;
      range.end = 0;
    }
    range.first = range.end;
    range.end = Math.min(tasks, range.first + Math.max(atOnce, Math.floor(tasks / ticketsOfShare)));
    return range.first < tasks;
  }

  finish(): boolean {
    return true;
  }

  meet(): boolean {
    return true;
  }

  wait(): void {}
}
