/**
 * Finds what a program computes from variables alone: weights with a BatchNormalization folded in, transformed for
 * Winograd's products, laid out in panels. Where the program changes no variable, such preparations need not run in
 * every step.
 */
import { readsOf, writesOf } from "../kernel/access.ts";
import { type Buffer, storageOf } from "../kernel/nest.ts";
import type { LoweredProgram } from "./lower.ts";
import type { Placement } from "./plan.ts";
import { bytesOf } from "./plan-memory.ts";
import type { ScheduledLaunch } from "./stage-candidates.ts";

/** What is larger than what it is made of by more than this is made in each step: to read it takes as long. */
const mostGrowth = 4;
const smallBytes = 4096;

export interface SplitLaunches {
  readonly preparations: readonly ScheduledLaunch[];
  readonly steps: readonly ScheduledLaunch[];
}

/** Both in their order. All belong to the steps where the program updates variables. */
export function splitPreparations(
  { inputs, updates }: LoweredProgram,
  launches: readonly ScheduledLaunch[],
): SplitLaunches {
  if (updates.length > 0) return { preparations: [], steps: launches };
  const varying = new Set([...inputs.values()].map(storageOf));
  const accesses = launches.map(accessesOf);
  const isFixed = ({ reads, writes }: Accesses): boolean =>
    [...reads, ...writes].every((storage) => !varying.has(storage)) && sizeOf(writes) <= limit(reads);
  for (let known = -1; known < varying.size; ) {
    known = varying.size;
    for (const access of accesses)
      if (!isFixed(access)) for (const storage of access.writes) varying.add(storage);
  }
  return {
    preparations: launches.filter((_, at) => isFixed(accesses[at]!)),
    steps: launches.filter((_, at) => !isFixed(accesses[at]!)),
  };
}

interface Accesses {
  readonly reads: ReadonlySet<Buffer>;
  readonly writes: ReadonlySet<Buffer>;
}

function accessesOf({ scheduled: { nest } }: ScheduledLaunch): Accesses {
  return { reads: new Set(readsOf(nest)), writes: new Set(writesOf(nest)) };
}

function limit(reads: ReadonlySet<Buffer>): number {
  return mostGrowth * sizeOf(reads) + smallBytes;
}

function sizeOf(storages: ReadonlySet<Buffer>): number {
  return [...storages].reduce((sum, storage) => sum + bytesOf(storage), 0);
}

export interface PreparedPlan {
  readonly places: ReadonlyMap<Buffer, Extract<Placement, { readonly region: "prepared" }>>;
  readonly bytes: number;
}

/** Places what steps, or the program's outputs, need of the preparations' results; all of it lives side by side. */
export function planPrepared(
  { outputs }: LoweredProgram,
  preparations: readonly ScheduledLaunch[],
  steps: readonly ScheduledLaunch[],
): PreparedPlan {
  const needed = new Set([
    ...[...outputs.values()].map(storageOf),
    ...steps.flatMap(({ scheduled }) => [...readsOf(scheduled.nest)]),
  ]);
  const places = new Map<Buffer, Extract<Placement, { readonly region: "prepared" }>>();
  let bytes = 0;
  for (const { scheduled } of preparations)
    for (const storage of writesOf(scheduled.nest)) {
      if (!needed.has(storage) || places.has(storage)) continue;
      places.set(storage, { region: "prepared", offset: bytes });
      bytes += bytesOf(storage);
    }
  return { places, bytes };
}
