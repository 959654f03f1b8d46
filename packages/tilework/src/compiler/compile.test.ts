import { expect, test } from "vitest";
import { trainingStep } from "../testing/training-step.ts";
import { type FusedPrograms, planProgram } from "./compile.ts";
import type { Schedule } from "./schedule.ts";
import { avx512Target } from "./target.ts";

test("a program planned again with what the first planning kept has the same plan, without choosing schedules anew", () => {
  const { program } = trainingStep();
  const usual = planProgram(program, avx512Target);
  const fused: FusedPrograms = new WeakMap();
  const defaults = new Map<string, Schedule>();
  const first = planProgram(program, avx512Target, { fused, defaults });
  const kept = new Map(defaults);
  const again = planProgram(program, avx512Target, { fused, defaults });
  expect(kept.size).toBeGreaterThan(0);
  expect(defaults).toEqual(kept);
  for (const plan of [first, again]) {
    expect(plan.kernels.map(({ schedule }) => schedule)).toEqual(
      usual.kernels.map(({ schedule }) => schedule),
    );
    expect(plan.stages).toEqual(usual.stages);
    expect(plan.arenaBytes).toBe(usual.arenaBytes);
  }
});
