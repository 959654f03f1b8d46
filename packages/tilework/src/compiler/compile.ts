/** The whole way from a tensor program to a plan that a CPU runtime can print and run. */
import type { Program } from "../graph/program.ts";
import { readsOf, writesOf } from "../kernel/access.ts";
import { type Buffer, type Nest, storageOf } from "../kernel/nest.ts";
import { nestKey } from "../kernel/nest-key.ts";
import { verifyNest } from "../kernel/verify.ts";
import { atOnce, type InPieces } from "../util/in-pieces.ts";
import { buildStages, type LaunchStage } from "./build-stages.ts";
import { chooseAlgorithms } from "./choose-algorithms.ts";
import { fuseNestsInPieces } from "./fusion/fuse.ts";
import { joinCopies } from "./fusion/join-copies.ts";
import { joinInPieces } from "./join-short-axes.ts";
import { type LoweredProgram, lowerProgram } from "./lower.ts";
import { packOperands } from "./pack-operands.ts";
import { placeUpdates } from "./place-updates.ts";
import type { Launch, Placement, Plan, PlannedBuffer, Stage } from "./plan.ts";
import { bytesOf, type Lifetime, planMemory } from "./plan-memory.ts";
import { planSlices } from "./plan-slices.ts";
import { type PreparedPlan, planPrepared, splitPreparations } from "./prepared.ts";
import type { Schedule, ScheduledNest } from "./schedule.ts";
import { scheduleNest } from "./schedule-nest.ts";
import type { ScheduledLaunch } from "./stage-candidates.ts";
import type { Target } from "./target.ts";
import { taskCount } from "./task-count.ts";
import { turnOperands } from "./turn-operands.ts";
import { turnResults } from "./turn-results.ts";

export interface CompileOptions {
  /** Fuse nests (default true). Results have the same bits either way. */
  readonly fuse?: boolean;
  /** A schedule that was found for a nest on the target; undefined: the default one. */
  readonly found?: (nest: Nest) => Schedule | undefined;
  /** How many workers will run it; default 1. Only where buffers lie depends on it. */
  readonly workers?: number;
  /** Keeps what does not depend on schedules, for planning the program again. */
  readonly fused?: FusedPrograms;
  /** Keeps default schedules by nests' structure, for planning on the same target again. */
  readonly defaults?: Map<string, Schedule>;
}

/** Programs' fused nests. */
export type FusedPrograms = WeakMap<Program, LoweredProgram>;

/** The plan of a program, its kernels proved safe. */
export function compileProgram(program: Program, target: Target, options?: CompileOptions): Plan {
  const plan = planProgram(program, target, options);
  verifyPlan(plan);
  return plan;
}

/** Throws an InternalError for a kernel that cannot be proved to stay inside its buffers. */
export function verifyPlan(plan: Plan): void {
  for (const { nest } of plan.kernels) verifyNest(nest);
}

/** The plan alone, which tells how much memory it takes; nothing is proved yet, so nothing of it may be printed. */
export function planProgram(program: Program, target: Target, options?: CompileOptions): Plan {
  return atOnce(planInPieces(program, target, options));
}

/** The same in pieces. */
export function* planInPieces(
  program: Program,
  target: Target,
  { fuse = true, found, workers = 1, fused: known, defaults = new Map() }: CompileOptions = {},
): InPieces<Plan> {
  const fused = fuse ? yield* fuseInPieces(program, known) : lowerProgram(chooseAlgorithms(program));
  const schedules = new ScheduleTable((nest, key) => {
    const schedule = found?.(nest) ?? defaults.get(key);
    if (schedule !== undefined) return schedule;
    const usual = scheduleNest(nest, target);
    defaults.set(key, usual);
    return usual;
  });
  const joined = yield* joinInPieces(fused.nests, target);
  for (const { nest } of joined) {
    schedules.of(nest);
    yield;
  }
  const turned = turnResults(turnOperands(joined, target), target);
  yield;
  const nests = packOperands(turned, target, (nest) => schedules.of(nest));
  yield;
  const packed =
    fuse && nests.length > fused.nests.length ? joinCopies({ ...fused, nests }) : { ...fused, nests };
  const placed = placeUpdates(packed);
  const launches: ScheduledLaunch[] = [];
  for (const { nest, origin } of placed.nests) {
    const scheduled: ScheduledNest = { nest, schedule: schedules.of(nest), target };
    launches.push({ scheduled, origin, tasks: taskCount(scheduled) });
    yield;
  }
  const { preparations, steps } = splitPreparations(placed, launches);
  const prepared = { stages: buildStages(preparations), ...planPrepared(placed, preparations, steps) };
  yield;
  const stages = buildStages(steps);
  yield;
  return assemble(placed, prepared, stages, { workers, keyOf: (nest) => schedules.keyOf(nest) });
}

/** A program's nests before any target is known; `known` keeps them. */
export function fuseProgram(program: Program, known?: FusedPrograms): LoweredProgram {
  return atOnce(fuseInPieces(program, known));
}

/** The same in pieces. */
export function* fuseInPieces(program: Program, known?: FusedPrograms): InPieces<LoweredProgram> {
  const fused = known?.get(program) ?? (yield* fuseNestsInPieces(lowerProgram(chooseAlgorithms(program))));
  known?.set(program, fused);
  return fused;
}

/** Schedules, chosen once for nests of the same structure. */
class ScheduleTable {
  readonly #choose: (nest: Nest, key: string) => Schedule;
  readonly #byKey = new Map<string, Schedule>();
  readonly #keys = new Map<Nest, string>();

  constructor(choose: (nest: Nest, key: string) => Schedule) {
    this.#choose = choose;
  }

  of(nest: Nest): Schedule {
    const key = this.keyOf(nest);
    const schedule = this.#byKey.get(key) ?? this.#choose(nest, key);
    this.#byKey.set(key, schedule);
    return schedule;
  }

  /** The nest's structural key. */
  keyOf(nest: Nest): string {
    const key = this.#keys.get(nest) ?? nestKey(nest);
    this.#keys.set(nest, key);
    return key;
  }
}

/** Preparations with what they leave. */
interface Prepared extends PreparedPlan {
  readonly stages: readonly LaunchStage[];
}

function assemble(
  program: LoweredProgram,
  prepared: Prepared,
  steps: readonly LaunchStage[],
  { workers, keyOf }: { readonly workers: number; readonly keyOf: (nest: Nest) => string },
): Plan {
  const owners = new Map([...program.variables].map(([variable, buffer]) => [storageOf(buffer), variable]));
  const stages = [...prepared.stages, ...steps];
  const slices = planSlices(program, stages, workers, prepared.places);
  const isInArena = (storage: Buffer): boolean =>
    !owners.has(storage) && !slices.places.has(storage) && !prepared.places.has(storage);
  const memory = planMemory(lifetimesOf(program, stages, isInArena));
  const buffers: PlannedBuffer[] = [];
  const numbers = new Map<Buffer, number>();
  const number = (buffer: Buffer): number => {
    const storage = storageOf(buffer);
    const known = numbers.get(storage);
    if (known !== undefined) return known;
    const variable = owners.get(storage);
    const placement: Placement =
      variable !== undefined
        ? { region: "variable", variable }
        : (slices.places.get(storage) ??
          prepared.places.get(storage) ?? { region: "arena", offset: memory.offsets.get(storage)! });
    numbers.set(storage, buffers.push({ buffer: storage, bytes: bytesOf(storage), placement }) - 1);
    return numbers.get(storage)!;
  };
  const kernels = new KernelTable(keyOf);
  const planned = stages.map(
    (stage): Stage => ({
      tasks: stage.tasks,
      launches: stage.launches.map(
        ({ scheduled, origin, tasks }): Launch => ({
          kernel: kernels.add(cached(scheduled, slices.places)),
          buffers: scheduled.nest.buffers.map(number),
          tasks,
          name: scheduled.nest.name,
          origin,
        }),
      ),
    }),
  );
  const named = (map: ReadonlyMap<string, Buffer>): Record<string, number> =>
    Object.fromEntries([...map].map(([name, buffer]) => [name, number(buffer)]));
  const inputs = named(program.inputs);
  const outputs = named(program.outputs);
  for (const buffer of program.variables.values()) number(buffer);
  return {
    kernels: kernels.kernels,
    buffers,
    stages: planned,
    preparations: prepared.stages.length,
    preparedBytes: prepared.bytes,
    arenaBytes: memory.bytes,
    sliceBytes: slices.bytes,
    inputs,
    outputs,
  };
}

/** What a task finds in the cache again is not stored past it. */
function cached(scheduled: ScheduledNest, slices: ReadonlyMap<Buffer, Placement>): ScheduledNest {
  const { nest, schedule } = scheduled;
  if (!schedule.streaming || ![...writesOf(nest)].some((storage) => slices.has(storage))) return scheduled;
  return { ...scheduled, schedule: { ...schedule, streaming: false } };
}

/** Kernels that need the same code, once. */
class KernelTable {
  readonly kernels: ScheduledNest[] = [];
  readonly #keyOf: (nest: Nest) => string;
  readonly #numbers = new Map<string, number>();

  constructor(keyOf: (nest: Nest) => string) {
    this.#keyOf = keyOf;
  }

  add(scheduled: ScheduledNest): number {
    const key = `${this.#keyOf(scheduled.nest)}|${JSON.stringify(scheduled.schedule)}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.kernels.push(scheduled) - 1;
    this.#numbers.set(key, number);
    return number;
  }
}

/** Inputs live from the start, outputs to the end; variables have memory of their own. */
function lifetimesOf(
  program: LoweredProgram,
  stages: readonly LaunchStage[],
  isInArena: (storage: Buffer) => boolean,
): Lifetime[] {
  const lives = new Map<Buffer, { first: number; last: number }>();
  const touch = (buffer: Buffer, stage: number): void => {
    const storage = storageOf(buffer);
    if (!isInArena(storage)) return;
    const life = lives.get(storage);
    if (life === undefined) lives.set(storage, { first: stage, last: stage });
    else life.last = Math.max(life.last, stage);
  };
  for (const buffer of program.inputs.values()) touch(buffer, 0);
  stages.forEach((stage, at) => {
    for (const { scheduled } of stage.launches)
      for (const storage of [...readsOf(scheduled.nest), ...writesOf(scheduled.nest)]) touch(storage, at);
  });
  for (const buffer of program.outputs.values()) touch(buffer, Math.max(0, stages.length - 1));
  return [...lives].map(([buffer, life]) => ({ buffer, bytes: bytesOf(buffer), ...life }));
}
