import { expect, test } from "vitest";
import { allocateRegisters } from "./allocate-registers.ts";
import type { Interval } from "./live-intervals.ts";

const interval = (register: number, start: number, end: number, more: Partial<Interval> = {}): Interval => ({
  register,
  start,
  end,
  weight: 1,
  hint: undefined,
  temporary: false,
  ...more,
});

test("a register is free again for what starts after its interval's end", () => {
  const { places, spilled } = allocateRegisters(
    [interval(0, 0, 4), interval(1, 5, 9), interval(2, 4, 6)],
    [7, 8],
  );
  expect(places).toEqual(
    new Map([
      [0, 7],
      [2, 8],
      [1, 7],
    ]),
  );
  expect(spilled).toEqual([]);
});

test("the interval that is used least for its length lives in memory, but never a temporary", () => {
  const rare = interval(0, 0, 100, { weight: 2 });
  const hot = interval(1, 1, 100, { weight: 800 });
  const temporary = interval(2, 10, 11, { weight: 0, temporary: true });
  expect(allocateRegisters([rare, hot, temporary], [3, 4])).toEqual({
    places: new Map([
      [1, 4],
      [2, 3],
    ]),
    spilled: [0],
  });
});

test("hints and fixed places are followed where they are free", () => {
  const first = interval(0, 0, 4);
  const heir = interval(1, 5, 9, { hint: 0 });
  const fixed = interval(2, 0, 9);
  const { places } = allocateRegisters([first, heir, fixed], [1, 2, 3], new Map([[2, 1]]));
  expect(places).toEqual(
    new Map([
      [2, 1],
      [0, 2],
      [1, 2],
    ]),
  );
});
