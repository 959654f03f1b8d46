/**
 * The bounds proof is all that stands between a kernel and other memory. Random nests whose buffers were made one
 * element smaller or larger along a dimension go to the proof; what it accepts runs as machine code, each buffer
 * between pages that may be neither read nor written, and must give the interpreter's bits.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scheduleNest } from "../../compiler/schedule-nest.ts";
import { avx2Target, avx512Target } from "../../compiler/target.ts";
import type { Elements } from "../../kernel/interpret.ts";
import type { Buffer, Nest } from "../../kernel/nest.ts";
import { verifyNest } from "../../kernel/verify.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { KernelRun } from "../../testing/kernel-run.ts";
import { bitsOf, nestRuns } from "../../testing/nest-runs.ts";
import { type RandomNest, randomNest } from "../../testing/random-nest.ts";
import { randomSchedule } from "../../testing/random-schedule.ts";
import { canRunX64, runX64Kernels } from "../../testing/run-x64-kernels.ts";
import { InternalError } from "../../util/errors.ts";

interface Resizing {
  readonly random: RandomNest;
  readonly buffer: number;
  readonly dimension: number;
  readonly change: -1 | 0 | 1;
  readonly schedule: number;
}

const resizing: fc.Arbitrary<Resizing> = fc.record({
  random: randomNest,
  buffer: fc.nat(7),
  dimension: fc.nat(5),
  change: fc.constantFrom(-1, 0, 1),
  schedule: fc.nat(1000),
});

/** The nest with one buffer resized, its contents cut or repeated; views share memory and stay as they are. */
function resize({ random, buffer: at, dimension, change }: Resizing): RandomNest {
  const { nest, contents } = random;
  const number = at % nest.buffers.length;
  const old = nest.buffers[number]!;
  const viewed = nest.buffers.some(({ viewOf }) => viewOf === old || viewOf?.viewOf === old);
  if (change === 0 || old.viewOf !== undefined || viewed || old.shape.length === 0) return random;
  const resized: Buffer = {
    ...old,
    shape: old.shape.map((size, axis) => (axis === dimension % old.shape.length ? size + change : size)),
  };
  if (sizeOf(resized.shape) === 0) return random;
  const buffers = nest.buffers.map((buffer) => (buffer === old ? resized : buffer));
  const elements = [...contents].map(([buffer, data]): [Buffer, Elements] =>
    buffer === old ? [resized, repeated(data, sizeOf(resized.shape))] : [buffer, data],
  );
  return { nest: { ...nest, buffers }, contents: new Map(elements) };
}

function repeated(data: Elements, length: number): Elements {
  const longer = new (data.constructor as new (length: number) => Elements)(length);
  return longer.map((_, at) => data[at % data.length]!) as Elements;
}

function isAccepted(nest: Nest): boolean {
  try {
    verifyNest(nest);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(InternalError);
    return false;
  }
}

describe.each([
  ["avx2", avx2Target],
  ["avx512", avx512Target],
] as const)("%s", (cpu, target) => {
  test.skipIf(!canRunX64(cpu))("what the bounds proof accepts keeps within its buffers", () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(resizing, { minLength: 30, maxLength: 60 }), (resizings) => {
        const runs = resizings.flatMap((one) => {
          const { nest, contents } = resize(one);
          if (!isAccepted(nest)) {
            refused++;
            return [];
          }
          accepted++;
          const memory = new Map([...contents].map(([buffer, elements]) => [buffer, elements.slice()]));
          const { schedule } = one;
          return nestRuns([nest], memory, target, (each) =>
            schedule % 3 === 0 ? scheduleNest(each, target) : randomSchedule(each, schedule),
          );
        });
        const results = runX64Kernels(runs, cpu);
        runs.forEach(({ expected }, at) => {
          expected.forEach((elements, slot) => {
            expect(bitsOf(results[at]![slot]!)).toEqual(bitsOf(elements));
          });
        });
      }),
      { numRuns: 12 },
    );
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(20);
  });
});

describe.skipIf(!canRunX64("avx2"))("the pages around a buffer", () => {
  const elements = 16;
  /** Copies a vector within its only buffer. */
  const copyRun = (from: number, to: number): KernelRun => ({
    kernel: {
      name: "copy",
      lanes: 8,
      buffers: 1,
      tables: [],
      integers: 1,
      vectors: ["f32"],
      body: [
        { op: "argument", to: 0, slot: 0 },
        { op: "load", to: 0, address: { base: 0, offset: 4 * from }, type: "f32", active: 8 },
        { op: "store", from: 0, address: { base: 0, offset: 4 * to }, type: "f32", active: 8 },
      ],
    },
    buffers: [Float32Array.from({ length: elements }, (_, i) => i)],
    ranges: [[0, 1]],
  });

  test("let what stays within it be", () => {
    const [[buffer]] = runX64Kernels([copyRun(0, 8)], "avx2") as [[Float32Array]];
    expect([...buffer]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test.each([
    ["reads before it", -1, 0, "the child process ended with SIGSEGV"],
    ["reads behind it", elements - 7, 0, "the child process ended with SIGSEGV"],
    ["writes before it", 0, -1, "the child process ended with SIGSEGV"],
    ["writes behind it", 0, elements - 7, "wrote beside region 0"],
  ])("show a kernel that %s", (_, from, to, message) => {
    expect(() => runX64Kernels([copyRun(from, to)], "avx2")).toThrow(message);
  });
});
