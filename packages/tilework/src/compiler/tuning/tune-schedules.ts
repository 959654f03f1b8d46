/**
 * Finds schedules by timing: for the nests that most of a step's work is in, close alternatives run on the target
 * itself, and the fastest is kept. The default is one of them and stays where nothing is clearly faster. Results
 * have the same bits whatever is chosen.
 */
import type { Program } from "../../graph/program.ts";
import type { Nest } from "../../kernel/nest.ts";
import { nestKey } from "../../kernel/nest-key.ts";
import { type FusedPrograms, fuseProgram } from "../compile.ts";
import { countBytes } from "../explain/count-bytes.ts";
import { countOperations } from "../explain/count-operations.ts";
import type { Schedule, ScheduledNest } from "../schedule.ts";
import type { Target } from "../target.ts";
import { type Alternative, alternativesOf } from "./alternatives.ts";

/** Schedules that were found, by the nest's structure; they serve every program with such a nest. */
export interface KnownSchedules {
  get(key: string): Schedule | undefined;
  set(key: string, schedule: Schedule): void;
}

/**
 * Times alternatives, each a list of kernels that run one after the other, on one thread within so many
 * milliseconds. Gives their times in any unit, undefined for those that it did not get to.
 */
export type Measure = (
  alternatives: readonly (readonly ScheduledNest[])[],
  milliseconds: number,
) => Promise<readonly (number | undefined)[]>;

export interface Tuning {
  readonly known: KnownSchedules;
  /** Where the program's nests may be known from. */
  readonly fused?: FusedPrograms;
  /** Milliseconds for the whole program, the printing of kernels included. */
  readonly milliseconds: number;
  readonly measure: Measure;
  /** Milliseconds on a clock. */
  readonly now: () => number;
}

/** Nests with a smaller share of a program's work are not worth timing. */
const smallestShare = 0.04;

/** Cycles of one core; a step that takes less than a call's overhead gains nothing. */
const smallestWork = 30_000;

/** What an alternative must gain: less is noise. */
const clearGain = 0.96;

/** Times what is worth it and is not known yet. Whether a nest of the program got another schedule than its default. */
export async function tuneSchedules(program: Program, target: Target, tuning: Tuning): Promise<boolean> {
  const end = tuning.now() + tuning.milliseconds;
  const nests = heavyNests(
    fuseProgram(program, tuning.fused).nests.map(({ nest }) => nest),
    target,
  ).filter(({ key }) => tuning.known.get(key) === undefined);
  let remaining = nests.reduce((sum, { work }) => sum + work, 0);
  let hasChanged = false;
  for (const { nest, work } of nests) {
    const left = end - tuning.now();
    if (left <= 0) break;
    const best = await fastest(alternativesOf(nest, target), (left * work) / remaining, tuning.measure);
    remaining -= work;
    if (best === undefined) continue;
    hasChanged ||= best.isOther;
    for (const choice of best.choices) tuning.known.set(scheduleKey(choice.nest, target), choice.schedule);
  }
  return hasChanged;
}

/** What a nest's schedule is known by. */
export function scheduleKey(nest: Nest, { printer, lanes, fused }: Target): string {
  return `${printer} ${lanes} ${fused} ${nestKey(nest)}`;
}

interface HeavyNest {
  readonly nest: Nest;
  readonly key: string;
  readonly work: number;
}

/** The nests, one of each structure, that most of the work is in, the heaviest first. */
function heavyNests(nests: readonly Nest[], target: Target): HeavyNest[] {
  const byKey = new Map<string, HeavyNest>();
  let all = 0;
  for (const nest of nests) {
    const key = scheduleKey(nest, target);
    const work = cyclesOf(nest, target);
    all += work;
    byKey.set(key, { nest, key, work: work + (byKey.get(key)?.work ?? 0) });
  }
  return [...byKey.values()]
    .filter(({ work }) => work >= Math.max(smallestWork, smallestShare * all))
    .sort((a, b) => b.work - a.work);
}

/** A lower bound of the cycles of one core: two multiply-adds, and eight bytes from memory, in each. */
function cyclesOf(nest: Nest, { lanes }: Target): number {
  const { read, written } = countBytes(nest);
  return Math.max(countOperations(nest) / (4 * lanes), (read + written) / 8);
}

async function fastest(
  alternatives: readonly Alternative[],
  milliseconds: number,
  measure: Measure,
): Promise<{ choices: readonly ScheduledNest[]; isOther: boolean } | undefined> {
  const [usual] = alternatives;
  if (usual === undefined || alternatives.length < 2) return undefined;
  const times = await measure(
    alternatives.map(({ kernels }) => kernels),
    milliseconds,
  );
  const limit = times[0];
  if (limit === undefined) return undefined;
  let best = 0;
  times.forEach((time, at) => {
    if (time !== undefined && time < (best === 0 ? limit * clearGain : times[best]!)) best = at;
  });
  return { choices: alternatives[best]!.choices, isOther: best > 0 };
}
