import fc from "fast-check";
import { expect, test } from "vitest";
import { Patience } from "./patience.ts";
import { boardBytes, TaskBoard } from "./task-board.ts";

function boards(points: number, workers: number): TaskBoard[] {
  const words = new Int32Array(new SharedArrayBuffer(boardBytes(points, workers)));
  return Array.from(
    { length: workers },
    (_, worker) => new TaskBoard(words, worker, workers, new Patience(0)),
  );
}

test("each worker takes its own share first, then the others' ", () => {
  const [first, second] = boards(1, 2) as [TaskBoard, TaskBoard];
  const taken = (board: TaskBoard): number[] =>
    board.take(0, 0, 5, 1) ? [board.range.first, board.range.end] : [];
  expect([first, second, second, second, second, first, second].map(taken)).toEqual([
    [0, 1],
    [2, 3],
    [3, 4],
    [4, 5],
    [1, 2],
    [],
    [],
  ]);
});

test("many small tasks are taken several at a time, and never past a share", () => {
  const [board] = boards(1, 1) as [TaskBoard];
  const sizes: number[] = [];
  while (board.take(0, 0, 1000, 1)) {
    sizes.push(board.range.end - board.range.first);
    board.finish(0, 0, 1000);
  }
  expect(sizes).toEqual([...new Array(16).fill(62), 8]);
});

test("small tasks are taken so many at once, from one share", () => {
  const [first, second] = boards(1, 2) as [TaskBoard, TaskBoard];
  const taken = (board: TaskBoard): number[] =>
    board.take(0, 0, 14, 5) ? [board.range.first, board.range.end] : [];
  expect([first, second, first, second, first].map(taken)).toEqual([[0, 5], [7, 12], [5, 7], [12, 14], []]);
});

test("a point is passed when the tasks are done, whoever did them; the last one to finish is told", () => {
  const [first, second] = boards(2, 2) as [TaskBoard, TaskBoard];
  const last: boolean[] = [];
  while (first.take(0, 0, 3, 1)) last.push(first.finish(0, 0, 3));
  expect(last).toEqual([false, false, true]);
  first.wait(0, 0, 3);
  second.wait(0, 0, 3);
  expect(second.take(0, 0, 3, 1)).toBe(false);
});

test("a late worker takes nothing of another step", () => {
  const [late, other] = boards(1, 2) as [TaskBoard, TaskBoard];
  for (let step = 0; step < 3; step++) while (other.take(0, step, 4, 1)) other.finish(0, step, 4);
  for (let step = 0; step < 3; step++) expect(late.take(0, step, 4, 1)).toBe(false);
  expect(late.take(0, 3, 4, 1)).toBe(true);
});

test("in any order of turns every task is taken exactly once a step, and steps do not mix", () => {
  const turns = fc.array(fc.nat(4), { minLength: 200, maxLength: 400 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 1, max: 70 })),
      turns,
      (workers, points, order) => {
        const tasks = [3, ...points.slice(0, 4)];
        const all = boards(tasks.length, workers);
        const places = all.map(() => 0);
        const counts = new Map<string, number>();
        const done = new Map<number, number>();
        const steps = 3;
        /** One turn: takes and finishes tasks, or goes on where all are done. */
        const turn = (worker: number): void => {
          const place = places[worker]!;
          if (place === steps * tasks.length) return;
          const [step, point] = [Math.floor(place / tasks.length), place % tasks.length];
          const size = tasks[point]!;
          const board = all[worker]!;
          if (board.take(point, step, size, 1 + 4 * point)) {
            for (let task = board.range.first; task < board.range.end; task++)
              counts.set(`${place} ${task}`, (counts.get(`${place} ${task}`) ?? 0) + 1);
            done.set(place, (done.get(place) ?? 0) + board.range.end - board.range.first);
            expect(board.finish(point, step, size)).toBe(done.get(place) === size);
          } else if (done.get(place) === size) {
            board.wait(point, step, size);
            places[worker]!++;
          }
        };
        for (const pick of order) turn(pick % workers);
        while (places.some((place) => place < steps * tasks.length))
          for (let w = 0; w < workers; w++) turn(w);
        expect(counts.size).toBe(steps * tasks.reduce((sum, size) => sum + size, 0));
        expect([...counts.values()].every((count) => count === 1)).toBe(true);
      },
    ),
  );
});
