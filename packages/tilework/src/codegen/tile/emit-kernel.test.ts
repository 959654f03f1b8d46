import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Schedule } from "../../compiler/schedule.ts";
import { scheduleNest } from "../../compiler/schedule-nest.ts";
import { joinedNests } from "../../compiler/scheduling/join-axes.ts";
import { avx2Target, avx512Target, type Target, wasmTarget } from "../../compiler/target.ts";
import { taskCount } from "../../compiler/task-count.ts";
import { f32, mul } from "../../kernel/build-expression.ts";
import { addIndex, axisIndex, constantIndex, tableIndex } from "../../kernel/index-expression.ts";
import { type Elements, interpretNest } from "../../kernel/interpret.ts";
import { type Buffer, type Nest, storageOf } from "../../kernel/nest.ts";
import { NestBuilder } from "../../kernel/nest-builder.ts";
import { hardNests } from "../../testing/hard-nests.ts";
import { memoryOf, type NestCase, tensor } from "../../testing/nest-case.ts";
import { randomNest } from "../../testing/random-nest.ts";
import { randomSchedule } from "../../testing/random-schedule.ts";
import { runKernelCode } from "../../testing/run-kernel-code.ts";
import type { Statement } from "../kernel-code.ts";
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

  test("gives the interpreter's bits with axes joined", () => {
    for (const target of targets)
      for (let seed = 0; seed < 4; seed++) {
        const nests = each.nests.map((nest) => joinedNests(nest, target.lanes).at(-1) ?? nest);
        const scheduleOf = (nest: Nest): Schedule =>
          seed === 0 ? scheduleNest(nest, target) : randomSchedule(nest, seed);
        check({ ...each, nests }, scheduleOf, target, 1 + seed);
      }
  });

  test("gives the interpreter's bits with any schedule, width and split into tasks", () => {
    for (let seed = 0; seed < 12; seed++)
      check(each, (nest) => randomSchedule(nest, seed), targets[seed % 3]!, 1 + (seed % 4));
  });
});

test("a maximum over windows of different sizes starts at each window's first pixel", () => {
  const builder = new NestBuilder("maximum");
  const [output, channel] = [builder.space("output", 3), builder.space("channel", 3)];
  const tap = builder.reduction("tap", 4);
  builder.guard(addIndex(tableIndex(output, [3, 4, 3]), axisIndex(tap, -1, -1)), 4);
  const x = tensor("x", [8, 3]);
  const pixel = addIndex(tableIndex(output, [0, 2, 5]), axisIndex(tap));
  const [largest] = builder.reduce([{ op: "max", value: builder.load(x, [pixel, axisIndex(channel)]) }]);
  builder.store(tensor("y", [3, 3]), [axisIndex(output), axisIndex(channel)], largest!);
  const inputs = new Map([[x, Float32Array.from({ length: 24 }, (_, at) => -at)]]);
  const each = { name: "maximum", nests: [builder.build()], inputs, expected: new Map() };
  for (const target of targets) check(each, (nest) => scheduleNest(nest, target), target, 1);
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

/** The bodies of the innermost loops, outermost first. */
function innermostLoops(statements: readonly Statement[]): Statement[][] {
  return statements.flatMap((statement) => {
    if (statement.op === "if") return [...innermostLoops(statement.yes), ...innermostLoops(statement.no)];
    if (statement.op !== "loop") return [];
    const inner = innermostLoops(statement.body);
    return inner.length > 0 ? inner : [[...statement.body]];
  });
}

function countOps(statements: readonly Statement[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of statements) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

const plainSchedule = { outerReduction: 0, unroll: 1, streaming: false } as const;

test("a contraction's inner loop is its loads, broadcasts and multiply-adds and two pointers", () => {
  const nest = new NestBuilder("matmul");
  const [m, n, k] = [nest.space("m", 32), nest.space("n", 64), nest.reduction("k", 50)];
  const a = nest.load(tensor("a", [32, 50]), [axisIndex(m), axisIndex(k)]);
  const b = nest.load(tensor("b", [50, 64]), [axisIndex(k), axisIndex(n)]);
  const [sum] = nest.reduce([{ op: "add", value: mul(a, b) }]);
  nest.store(tensor("out", [32, 64]), [axisIndex(m), axisIndex(n)], sum!);
  const rows = [{ axis: m, count: 4 }];
  const schedule = { ...plainSchedule, vectorAxis: n, vectors: 2, rows, order: [n, m], taskLoops: 1 };
  const { body } = emitKernel({ nest: nest.build(), schedule, target: avx2Target });
  expect(innermostLoops(body).map(countOps)).toEqual([{ load: 2, splat: 4, fma: 8, offset: 2 }]);
});

test("a contiguous elementwise nest is one flat loop inside its task", () => {
  const shape = [8, 6, 5, 3];
  const nest = new NestBuilder("double");
  const axes = shape.map((size, at) => nest.space(`d${at}`, size));
  const place = axes.map((axis) => axisIndex(axis));
  nest.store(tensor("y", shape), place, mul(nest.load(tensor("x", shape), place), f32(2)));
  const schedule = { ...plainSchedule, vectorAxis: axes[3], vectors: 2, rows: [], order: axes, taskLoops: 1 };
  const { body } = emitKernel({ nest: nest.build(), schedule, target: wasmTarget });
  // 90 elements of an image are 11 tiles of 8 and a rest of 2.
  const loops = innermostLoops(body);
  expect(loops).toHaveLength(1);
  expect(countOps(loops[0]!)).toEqual({ load: 2, binary: 2, store: 2, offset: 2 });
});

test("border taps of a padded convolution are left out, not tested, inside the tile", () => {
  const nest = new NestBuilder("padded");
  const [i, f] = [nest.space("i", 12), nest.space("f", 16)];
  const [s, c] = [nest.reduction("s", 3), nest.reduction("c", 8)];
  const pixel = addIndex(axisIndex(i), axisIndex(s), constantIndex(-1));
  nest.guard(pixel, 12);
  const x = nest.load(tensor("x", [12, 8]), [pixel, axisIndex(c)]);
  const w = nest.load(tensor("w", [3, 8, 16]), [axisIndex(s), axisIndex(c), axisIndex(f)]);
  const [sum] = nest.reduce([{ op: "add", value: mul(x, w) }]);
  nest.store(tensor("y", [12, 16]), [axisIndex(i), axisIndex(f)], sum!);
  const rows = [{ axis: i, count: 4 }];
  const schedule = { ...plainSchedule, vectorAxis: f, vectors: 1, rows, order: [f, i], taskLoops: 0 };
  const { body } = emitKernel({ nest: nest.build(), schedule, target: avx512Target });
  const loops = innermostLoops(body).map(countOps);
  // First tile: 3 of 4 rows at the first tap. Middle tile: all. Last tile: 3 of 4 at the last tap.
  expect(loops.map(({ fma }) => fma)).toEqual([3, 4, 4, 4, 3]);
  expect(loops.every((counts) => counts.if === undefined)).toBe(true);
});
