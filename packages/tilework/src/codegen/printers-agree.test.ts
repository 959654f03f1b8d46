import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Schedule } from "../compiler/schedule.ts";
import { scheduleNest } from "../compiler/schedule-nest.ts";
import { joinedNests } from "../compiler/scheduling/join-axes.ts";
import { avx2Target, avx512Target, type Target, wasmTarget } from "../compiler/target.ts";
import { type Elements, interpretNest } from "../kernel/interpret.ts";
import type { Nest } from "../kernel/nest.ts";
import { hardNests } from "../testing/hard-nests.ts";
import { memoryOf } from "../testing/nest-case.ts";
import { bitsOf, type NestRun, nestRuns } from "../testing/nest-runs.ts";
import { randomNest } from "../testing/random-nest.ts";
import { randomSchedule } from "../testing/random-schedule.ts";
import { runWasmKernel } from "../testing/run-wasm-kernel.ts";
import { canRunX64, runX64Kernels } from "../testing/run-x64-kernels.ts";

interface Printer {
  readonly name: string;
  readonly target: Target;
  readonly skip: boolean;
  readonly run: (runs: readonly NestRun[]) => Elements[][];
}

const printers: readonly Printer[] = [
  {
    name: "wasm",
    target: wasmTarget,
    skip: false,
    run: (runs) => runs.map((run) => runWasmKernel(run)),
  },
  {
    name: "wasm without relaxed SIMD",
    target: { ...wasmTarget, fused: false },
    skip: false,
    run: (runs) => runs.map((run) => runWasmKernel(run, { relaxed: false })),
  },
  {
    name: "x64 with AVX2",
    target: avx2Target,
    skip: !canRunX64("avx2"),
    run: (runs) => runX64Kernels(runs, "avx2"),
  },
  {
    name: "x64 with AVX-512",
    target: avx512Target,
    skip: !canRunX64("avx512"),
    run: (runs) => runX64Kernels(runs, "avx512"),
  },
];

function expectBits(runs: readonly NestRun[], printer: Printer): void {
  const results = printer.run(runs);
  runs.forEach(({ kernel, expected }, at) => {
    expected.forEach((elements, slot) => {
      expect(bitsOf(results[at]![slot]!), `${kernel.name}, buffer ${slot}`).toEqual(bitsOf(elements));
    });
  });
}

const schedules = (target: Target): ((nest: Nest) => Schedule)[] => [
  (nest) => scheduleNest(nest, target),
  ...[1, 2, 3, 4, 5, 6].map((seed) => (nest: Nest) => randomSchedule(nest, seed)),
];

describe.each(printers)("$name", (printer) => {
  const { target, skip } = printer;

  test.skipIf(skip).each(hardNests)("gives the interpreter's bits: $name", (each) => {
    const runs = schedules(target).flatMap((scheduleOf) =>
      nestRuns(each.nests, memoryOf(each), target, scheduleOf),
    );
    expectBits(runs, printer);
  });

  test.skipIf(skip).each(hardNests)("gives the interpreter's bits with axes joined: $name", (each) => {
    const memory = memoryOf(each);
    const runs = each.nests.flatMap((nest) => {
      const before = new Map([...memory].map(([buffer, elements]) => [buffer, elements.slice()]));
      interpretNest(nest, (buffer) => memory.get(buffer)!, { fused: target.fused });
      return joinedNests(nest, target.lanes).flatMap((joined) =>
        nestRuns([joined], before, target, (given) => scheduleNest(given, target)),
      );
    });
    expectBits(runs, printer);
  });

  test.skipIf(skip)("gives the interpreter's bits for random nests", () => {
    const runs = fc.sample(randomNest, { numRuns: 400, seed: 11 }).flatMap(({ nest, contents }, seed) =>
      [nest, ...joinedNests(nest, target.lanes)].flatMap((each) =>
        [scheduleNest(each, target), randomSchedule(each, seed)].flatMap((schedule) => {
          const memory = new Map([...contents].map(([buffer, elements]) => [buffer, elements.slice()]));
          return nestRuns([each], memory, target, () => schedule);
        }),
      ),
    );
    expectBits(runs, printer);
  });
});
