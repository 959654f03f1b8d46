import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mixedConvolutions } from "../../testing/mixed-convolutions.ts";
import { trainingStep } from "../../testing/training-step.ts";
import { planProgram } from "../compile.ts";
import type { Plan } from "../plan.ts";
import type { Schedule, ScheduledNest } from "../schedule.ts";
import { avx512Target } from "../target.ts";
import { scheduleKey, type Tuning, tuneSchedules } from "./tune-schedules.ts";

const { program } = trainingStep(2048);
const target = avx512Target;

interface Clock {
  now: number;
}

/** Tuning by a fake measure, which also moves the clock on. */
function tuning(
  measure: (ways: readonly (readonly ScheduledNest[])[]) => readonly (number | undefined)[],
  { milliseconds = 100, takes = 1 }: { milliseconds?: number; takes?: number } = {},
): Tuning & { known: Map<string, Schedule>; clock: Clock; budgets: number[] } {
  const clock = { now: 0 };
  const budgets: number[] = [];
  return {
    known: new Map(),
    clock,
    budgets,
    milliseconds,
    now: () => clock.now,
    survey: async (ways) => ways.map(() => undefined),
    measure: async (ways, limit) => {
      budgets.push(limit);
      clock.now += takes;
      return measure(ways);
    },
  };
}

function planWith(known: ReadonlyMap<string, Schedule>): Plan {
  return planProgram(program, target, { found: (nest) => known.get(scheduleKey(nest, target)) });
}

const structure = (plan: Plan): number[] => plan.stages.map(({ launches }) => launches.length);

describe("tuning by a fake measure", () => {
  test("the fastest is kept where it is clearly faster than the default", async () => {
    const chosen: ScheduledNest[] = [];
    const own = tuning((ways) => {
      chosen.push(ways.at(-1)!.at(-1)!);
      return ways.map((_, at) => (at === ways.length - 1 ? 1 : 2));
    });
    expect(await tuneSchedules(program, target, own)).toBe(true);
    expect(chosen.length).toBeGreaterThan(0);
    for (const { nest, schedule } of chosen) expect(own.known.get(scheduleKey(nest, target))).toBe(schedule);
    const schedules = planWith(own.known).kernels.map(({ schedule }) => schedule);
    expect(chosen.some(({ schedule }) => schedules.includes(schedule))).toBe(true);
  });

  test.each([
    ["slower", (at: number) => 1 + at],
    ["hardly faster", (at: number) => (at === 0 ? 1 : 0.99)],
    ["not timed", (at: number) => (at === 0 ? 1 : undefined)],
  ])("the default stays where others are %s", async (_, timeOf) => {
    const own = tuning((ways) => ways.map((_way, at) => timeOf(at)));
    expect(await tuneSchedules(program, target, own)).toBe(false);
    expect(planWith(own.known).kernels).toEqual(planProgram(program, target).kernels);
  });

  test("a nest is timed once; its schedule serves other programs with that nest", async () => {
    const own = tuning((ways) => ways.map(() => 1));
    await tuneSchedules(program, target, own);
    const timed = own.budgets.length;
    expect(timed).toBeGreaterThan(1);
    await tuneSchedules(trainingStep(2048).program, target, own);
    expect(own.budgets).toHaveLength(timed);
  });

  test("what it may take in all is shared out and kept to", async () => {
    const own = tuning(() => [], { milliseconds: 10, takes: 9 });
    await tuneSchedules(program, target, own);
    expect(own.budgets.length).toBe(2);
    expect(own.budgets.every((limit, at) => limit > 0 && limit <= 10 - 9 * at)).toBe(true);
  });

  test("the kernel that is slowest for its work comes first, and a survey takes a part of the time", async () => {
    const several = mixedConvolutions(32).program;
    for (const slow of ["convolution+relu", "convolutionBackwardData"]) {
      const names: string[] = [];
      const own = tuning((ways) => {
        names.push(ways[0]!.at(-1)!.nest.name);
        return [];
      });
      const survey: Tuning["survey"] = async (ways, limit) => {
        expect(limit).toBeLessThan(100);
        return ways.map((way) => (way.at(-1)!.nest.name.startsWith(slow) ? 1e6 : 1));
      };
      await tuneSchedules(several, target, { ...own, survey });
      expect(names.length).toBeGreaterThan(1);
      expect(names[0]).toMatch(slow);
    }
  });

  test("whatever is chosen, stages keep their launches", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 40, maxLength: 40 }),
        async (times) => {
          let next = 0;
          const own = tuning((ways) => ways.map(() => times[next++ % times.length]!));
          await tuneSchedules(program, target, own);
          expect(structure(planWith(own.known))).toEqual(structure(planProgram(program, target)));
        },
      ),
      { numRuns: 20 },
    ));
});
