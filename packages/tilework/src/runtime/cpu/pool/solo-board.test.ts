import { expect, test } from "vitest";
import { SoloBoard } from "./solo-board.ts";

test("all tasks of each point are taken once a step, at once", () => {
  const board = new SoloBoard();
  const taken: number[][] = [];
  for (let step = 0; step < 2; step++)
    for (let point = 0; point < 2; point++)
      for (; board.take(point, step, 5 + point); board.finish())
        taken.push([step, point, board.range.first, board.range.end]);
  expect(taken).toEqual([
    [0, 0, 0, 5],
    [0, 1, 0, 6],
    [1, 0, 0, 5],
    [1, 1, 0, 6],
  ]);
});

test("a single point's tasks are taken in each step", () => {
  const board = new SoloBoard();
  const steps = [0, 1, 2].map((step) => [board.take(0, step, 3), board.take(0, step, 3)]);
  expect(steps).toEqual(new Array(3).fill([true, false]));
});
