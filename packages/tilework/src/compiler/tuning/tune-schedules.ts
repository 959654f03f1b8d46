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
import { joinShortAxes } from "../join-short-axes.ts";
import type { Schedule, ScheduledNest } from "../schedule.ts";
import type { Target } from "../target.ts";
import { turnOperands } from "../turn-operands.ts";
import { turnResults } from "../turn-results.ts";
import { type Alternative, alternativesOf, usualWay } from "./alternatives.ts";

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
  /** The same for works that have nothing to do with each other: a rough time of each. */
  readonly survey: Measure;
  /** Milliseconds on a clock. */
  readonly now: () => number;
}

/** Nests with a smaller share of a program's work are not worth timing. */
const smallestShare = 0.04;

/** The part of the time that goes into finding out where to look. */
const surveyShare = 0.25;

/** The part of the time left that a nest gets at least: less would show nothing. */
const leastShare = 0.3;

/** Cycles of one core in a millisecond, where nothing tells better. */
const usualSpeed = 2.5e6;

/** What a nest that looks perfect is still worth, as a part of its time. */
const leastPromise = 0.02;

/** Cycles of one core; a step that takes less than a call's overhead gains nothing. */
const smallestWork = 30_000;

/** What an alternative must gain: less is noise. */
const clearGain = 0.96;

/** Times what is worth it and is not known yet. Whether a nest of the program got another schedule than its default. */
export async function tuneSchedules(program: Program, target: Target, tuning: Tuning): Promise<boolean> {
  const end = tuning.now() + tuning.milliseconds;
  const fused = fuseProgram(program, tuning.fused).nests;
  const turned = turnResults(turnOperands(joinShortAxes(fused, target), target), target);
  const all = turned.map(({ nest }) => nest);
  const unknown = heavyNests(all, target).filter(({ key }) => tuning.known.get(key) === undefined);
  const nests = await byPromise(unknown, target, tuning);
  let remaining = nests.reduce((sum, { promise }) => sum + promise, 0);
  let hasChanged = false;
  for (const { nest, promise } of nests) {
    const left = end - tuning.now();
    if (left <= 0) break;
    const best = await fastest(
      alternativesOf(nest, target),
      left * Math.max(promise / remaining, leastShare),
      tuning.measure,
    );
    remaining -= promise;
    if (best === undefined) continue;
    hasChanged ||= best.isOther;
    for (const choice of best.choices) tuning.known.set(scheduleKey(choice.nest, target), choice.schedule);
  }
  return hasChanged;
}

/**
 * The nests that may gain most come first: those whose default takes longer than the processor must, whose speed is
 * told by the nest that comes closest to it.
 */
async function byPromise(
  nests: readonly HeavyNest[],
  target: Target,
  { survey, milliseconds }: Tuning,
): Promise<(HeavyNest & { readonly promise: number })[]> {
  if (nests.length < 2) return nests.map((heavy) => ({ ...heavy, promise: 1 }));
  const ways = nests.map(({ nest }) => usualWay(nest, target).kernels);
  const times = await survey(ways, milliseconds * surveyShare);
  const speeds = nests.map(({ cycles, isComputing }, at) =>
    isComputing ? cycles / (times[at] ?? Infinity) : 0,
  );
  const speed = Math.max(...speeds) || usualSpeed;
  return nests
    .map((heavy, at) => {
      const shortest = heavy.cycles / speed;
      const late = Math.max(0, (times[at] ?? 0) - shortest);
      return { ...heavy, promise: heavy.count * (late + leastPromise * shortest) };
    })
    .sort((a, b) => b.promise - a.promise);
}

/** What a nest's schedule is known by. */
export function scheduleKey(nest: Nest, { printer, lanes, fused }: Target): string {
  return `${printer} ${lanes} ${fused} ${nestKey(nest)}`;
}

interface HeavyNest {
  readonly nest: Nest;
  readonly key: string;
  /** How often the program has it. */
  readonly count: number;
  /** A lower bound of the cycles of one core: two multiply-adds, and eight bytes from memory, in each. */
  readonly cycles: number;
  /** Whether that comes from arithmetic rather than memory. */
  readonly isComputing: boolean;
}

/** The nests, one of each structure, that most of the work is in, the heaviest first. */
function heavyNests(nests: readonly Nest[], target: Target): HeavyNest[] {
  const byKey = new Map<string, HeavyNest>();
  let all = 0;
  for (const nest of nests) {
    const key = scheduleKey(nest, target);
    const { read, written } = countBytes(nest);
    const computing = countOperations(nest) / (4 * target.lanes);
    const memory = (read + written) / 8;
    const cycles = Math.max(computing, memory);
    all += cycles;
    const count = 1 + (byKey.get(key)?.count ?? 0);
    byKey.set(key, { nest, key, count, cycles, isComputing: computing > memory });
  }
  return [...byKey.values()]
    .filter(({ cycles, count }) => count * cycles >= Math.max(smallestWork, smallestShare * all))
    .sort((a, b) => b.count * b.cycles - a.count * a.cycles);
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
