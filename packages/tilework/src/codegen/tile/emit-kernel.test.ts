import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Schedule } from "../../compiler/schedule.ts";
import { scheduleNest } from "../../compiler/schedule-nest.ts";
import { avx2Target, avx512Target, type Target, wasmTarget } from "../../compiler/target.ts";
import { taskCount } from "../../compiler/task-count.ts";
import { type Elements, interpretNest } from "../../kernel/interpret.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import { hardNests } from "../../testing/hard-nests.ts";
import { memoryOf, type NestCase } from "../../testing/nest-case.ts";
import { randomNest } from "../../testing/random-nest.ts";
import { randomSchedule } from "../../testing/random-schedule.ts";
import { runKernelCode } from "../../testing/run-kernel-code.ts";
import { emitKernel } from "./emit-kernel.ts";

const targets: readonly Target[] = [wasmTarget, avx2Target, avx512Target];

/** Bits, all NaNs alike. */
function bitsOf(elements: Elements): Int32Array | Uint8Array {
  if (!(elements instanceof Float32Array)) return elements;
  const bits = new Int32Array(elements.buffer.slice(0));
  elements.forEach((value, at) => {
    if (Number.isNaN(value)) bits[at] = 0x7fc00000;
  });
  return bits;
}

function runEmitted(
  nest: Nest,
  memory: Map<Buffer, Elements>,
  schedule: Schedule,
  target: Target,
  parts: number,
): void {
  const scheduled = { nest, schedule, target };
  const kernel = emitKernel(scheduled);
  const buffers = nest.buffers.map((buffer) => memory.get(storageOf(buffer))!);
  const tasks = taskCount(scheduled);
  for (let part = 0; part < parts; part++) {
    const begin = Math.floor((part * tasks) / parts);
    const end = Math.floor(((part + 1) * tasks) / parts);
    runKernelCode(kernel, buffers, { begin, end, fused: target.fused });
  }
}

function check(each: NestCase, scheduleOf: (nest: Nest) => Schedule, target: Target, parts: number): void {
  const expected = memoryOf(each);
  const actual = memoryOf(each);
  for (const nest of each.nests) {
    interpretNest(nest, (buffer) => expected.get(buffer)!, { fused: target.fused });
    runEmitted(nest, actual, scheduleOf(nest), target, parts);
  }
  for (const [buffer, elements] of expected)
    expect(bitsOf(actual.get(buffer)!), buffer.name).toEqual(bitsOf(elements));
}

describe.each(hardNests)("$name", (each) => {
  test("gives the interpreter's bits with the default schedule", () => {
    for (const target of [...targets, { ...wasmTarget, fused: false }])
      check(each, (nest) => scheduleNest(nest, target), target, 3);
  });

  test("gives the interpreter's bits with any schedule, width and split into tasks", () => {
    for (let seed = 0; seed < 12; seed++)
      check(each, (nest) => randomSchedule(nest, seed), targets[seed % 3]!, 1 + (seed % 4));
  });
});

test("random nests with random schedules give the interpreter's bits", () => {
  const seeds = fc.tuple(
    randomNest,
    fc.nat(1000),
    fc.constantFrom(...targets),
    fc.integer({ min: 1, max: 4 }),
  );
  fc.assert(
    fc.property(seeds, ([{ nest, contents }, seed, target, parts]) => {
      const copy = (): Map<Buffer, Elements> =>
        new Map([...contents].map(([buffer, elements]) => [buffer, elements.slice()]));
      const [expected, actual] = [copy(), copy()];
      interpretNest(nest, (buffer) => expected.get(buffer)!);
      const schedule = seed % 3 === 0 ? scheduleNest(nest, target) : randomSchedule(nest, seed);
      runEmitted(nest, actual, schedule, target, parts);
      for (const [buffer, elements] of expected)
        expect(bitsOf(actual.get(buffer)!), buffer.name).toEqual(bitsOf(elements));
    }),
    { numRuns: 150, seed: 5 },
  );
});
