import { expect, test } from "vitest";
import { SoloBoard } from "./solo-board.ts";

function taken(board: SoloBoard, point: number, step: number, tasks: number, atOnce: number): number[][] {
  const ranges: number[][] = [];
  for (; board.take(point, step, tasks, atOnce); board.finish())
    ranges.push([board.range.first, board.range.end]);
  return ranges;
}

test("all tasks of each point are taken once a step, so many at once", () => {
  const board = new SoloBoard();
  for (let step = 0; step < 2; step++) {
    expect(taken(board, 0, step, 5, 5)).toEqual([[0, 5]]);
    expect(taken(board, 1, step, 5, 2)).toEqual([
      [0, 2],
      [2, 4],
      [4, 5],
    ]);
  }
  for (let step = 2; step < 4; step++) expect(taken(board, 0, step, 1, 1)).toEqual([[0, 1]]);
});

test("many tasks are taken several at a time", () => {
  const sizes = taken(new SoloBoard(), 0, 0, 1000, 1).map(([first, end]) => end! - first!);
  expect(sizes).toEqual([...new Array(16).fill(62), 8]);
});
