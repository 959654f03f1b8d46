import { expect, test } from "vitest";
import {
  isDisturbed,
  type Load,
  loadBetween,
  parseSchedstat,
  parseStat,
  shareOfOthers,
  watchLoad,
} from "./load.ts";

test("the kernel's counts are read in milliseconds, guests not twice", () => {
  const stat = "cpu  100 20 30 4000 50 6 7 8 90 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n";
  expect(parseStat(stat)).toEqual({ busy: 1630, stolen: 80 });
  expect(parseStat("no such line")).toBeUndefined();
  expect(parseSchedstat("2500000 1000000 7\n")).toEqual({ ran: 2.5, waited: 1 });
  expect(parseSchedstat("")).toBeUndefined();
});

test("a span counts what threads did in it, also those that began within", () => {
  const threads = (...entries: [string, number, number][]) =>
    new Map(entries.map(([id, ran, waited]) => [id, { ran, waited }] as const));
  const before = {
    at: 0,
    machine: { busy: 1000, stolen: 5 },
    threads: threads(["1", 100, 10], ["2", 50, 0]),
  };
  const after = {
    at: 200,
    machine: { busy: 1300, stolen: 15 },
    threads: threads(["1", 180, 30], ["2", 60, 1], ["3", 90, 2]),
  };
  expect(loadBetween(before, after, 1.5)).toEqual({
    wall: 200,
    own: 180,
    waiting: 23,
    others: 120,
    stolen: 10,
    loadAverage: 1.5,
  });
});

const load = (part: Partial<Load>): Load => ({
  wall: 1000,
  own: 1900,
  others: 0,
  stolen: 0,
  loadAverage: 1,
  ...part,
});

test.each<[string, Partial<Load>, number, boolean | undefined]>([
  ["a machine to itself", { waiting: 3 }, 2, false],
  ["others on a tenth of the processors, less than the count's own error", { others: 200 }, 2, false],
  ["others on half of the processors", { others: 1000, own: 1000 }, 2, true],
  ["others on the processor that one thread leaves idle", { others: 900, own: 990 }, 1, false],
  ["others on more than that", { others: 1300, own: 690 }, 1, true],
  ["a thread that waits though a processor would be idle", { others: 900, own: 700, waiting: 300 }, 1, true],
  ["threads that wait for each other only", { waiting: 900 }, 2, false],
  ["processors stolen by the hypervisor", { stolen: 600, own: 1400 }, 2, true],
  ["a system that counts nothing", { others: undefined }, 2, undefined],
])("%s: disturbed or not", (_, part, threads, expected) => {
  expect(isDisturbed(load(part), threads, 2)).toBe(expected);
});

test("the share of others is of all processors", () => {
  expect(shareOfOthers(load({ others: 400, stolen: 100 }), 2)).toBe(0.25);
});

test("watching this process counts its own work", () => {
  const end = watchLoad(process.pid);
  const until = performance.now() + 60;
  while (performance.now() < until);
  const { wall, own } = end();
  expect(wall).toBeGreaterThanOrEqual(60);
  if (process.platform === "linux") expect(own).toBeGreaterThan(1);
});
