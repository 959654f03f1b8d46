import { expect, test } from "vitest";
import type { Kernel } from "../loading/kernel-loader.ts";
import { type TimedWay, timeKernels } from "./time-kernels.ts";

function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

function way(kernel: number, slices = 1, tasks = slices): TimedWay {
  return [{ kernel, block: 0, tasks, slices }];
}

test("the times are those of the kernels' whole work, whatever shares were run", () => {
  const kernels: Kernel[] = [
    (_, begin, end) => busy(0.2 * (end - begin)),
    (_, begin, end) => busy(0.05 * (end - begin)),
  ];
  const [slow, fast, both] = timeKernels(kernels, [way(0, 8), way(1, 8, 16), [...way(0), ...way(1)]], 1000);
  expect(slow).toBeGreaterThanOrEqual(8 * 0.2);
  expect(fast).toBeGreaterThanOrEqual(16 * 0.05);
  expect(both).toBeGreaterThanOrEqual(0.25);
  expect(fast).toBeLessThan(slow!);
});

test("shares are whole slices, one after the other", () => {
  const ranges: [number, number][] = [];
  const kernel: Kernel = (_, begin, end) => {
    ranges.push([begin, end]);
    busy(0.2);
  };
  timeKernels([kernel], [way(0, 3, 12), way(0, 3, 12)], 1000);
  expect(ranges.slice(0, 4)).toEqual([
    [0, 4],
    [4, 8],
    [8, 12],
    [0, 4],
  ]);
});

test("what would not be done several times within the time is not begun, and has no time", () => {
  let calls = 0;
  const kernel: Kernel = () => {
    calls++;
    busy(5);
  };
  const ways = [way(0), way(0), way(0), way(0)];
  expect(timeKernels([kernel], ways, 7)).toEqual([undefined, undefined, undefined, undefined]);
  expect(calls).toBe(1);
  const start = performance.now();
  const some = timeKernels([kernel], ways, 45);
  expect(some.slice(2)).toEqual([undefined, undefined]);
  expect(performance.now() - start).toBeLessThan(1000);
});

test("a survey times all works, however much slower than the first, a few times each", () => {
  const calls = [0, 0];
  const kernels = [0.1, 1].map((duration, at): Kernel => {
    return () => {
      calls[at]!++;
      busy(duration);
    };
  });
  const [short, long] = timeKernels(kernels, [way(0), way(1)], 1000, { survey: true });
  expect(short).toBeGreaterThanOrEqual(0.1);
  expect(long).toBeGreaterThanOrEqual(1);
  expect(calls).toEqual([3, 3]);
});
