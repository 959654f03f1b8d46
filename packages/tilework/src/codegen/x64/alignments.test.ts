import { expect, test } from "vitest";
import type { Statement } from "../kernel-code.ts";
import { findAlignments, isAligned } from "./alignments.ts";

const body: Statement[] = [
  { op: "argument", to: 0, slot: 0 },
  { op: "begin", to: 1 },
  { op: "scale", to: 2, x: 1, value: 96 },
  { op: "addIntegers", to: 3, x: 0, y: 2 },
  { op: "integer", to: 4, value: 0 },
  {
    op: "loop",
    count: 4,
    counter: 5,
    body: [
      { op: "offset", to: 4, from: 4, value: 16 },
      { op: "if", x: 5, compare: "lt", y: 2, yes: [{ op: "offset", to: 6, from: 4, value: 128 }], no: [] },
    ],
  },
  { op: "offset", to: 7, from: 0, value: -192 },
  { op: "remainder", to: 8, x: 2, value: 24 },
];

test("alignments follow from what is added and multiplied, through loops", () => {
  expect(findAlignments(body, 9)).toEqual([64, 1, 32, 32, 16, 1, 16, 64, 8]);
});

test("an address is as aligned as its least aligned part", () => {
  const alignments = findAlignments(body, 9);
  expect(isAligned({ base: 0, offset: 128 }, 64, alignments)).toBe(true);
  expect(isAligned({ base: 0, offset: 32 }, 64, alignments)).toBe(false);
  expect(isAligned({ base: 0, index: 2, offset: 0 }, 32, alignments)).toBe(true);
  expect(isAligned({ base: 0, index: 2, offset: 0 }, 64, alignments)).toBe(false);
});
