import { afterEach, expect, test, vi } from "vitest";
import { platform } from "../platform/current.ts";
import type { InPieces } from "../util/in-pieces.ts";
import { Breaks } from "./breaks.ts";

/** A timer whose time has come. */
function dueTimer(ring: () => void): ReturnType<typeof setTimeout> {
  const timer = setTimeout(ring, 1);
  const due = performance.now() + 2;
  while (performance.now() < due);
  return timer;
}

afterEach(() => vi.restoreAllMocks());

test("a break is taken after ten milliseconds of work, and lets timers have their turn", async () => {
  let now = 0;
  vi.spyOn(platform, "now").mockImplementation(() => now);
  const breaks = new Breaks();
  let turns = 0;
  const takeAt = async (milliseconds: number): Promise<number> => {
    now = milliseconds;
    const timer = dueTimer(() => turns++);
    await breaks.take();
    clearTimeout(timer);
    return turns;
  };
  expect(await takeAt(9)).toBe(0);
  expect(await takeAt(10)).toBe(1);
  expect(await takeAt(19)).toBe(1);
  expect(await takeAt(20)).toBe(2);
});

test("work in pieces takes its breaks between pieces and gives its result", async () => {
  let now = 0;
  vi.spyOn(platform, "now").mockImplementation(() => now);
  const order: string[] = [];
  function* work(): InPieces<string> {
    for (const piece of ["a", "b", "c"]) {
      order.push(piece);
      now += 6;
      yield;
    }
    return order.join("");
  }
  const breaks = new Breaks();
  dueTimer(() => order.push("timer"));
  expect(await breaks.during(work())).toBe("abtimerc");
});
