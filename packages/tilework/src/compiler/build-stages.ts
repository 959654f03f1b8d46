/**
 * Groups kernels into stages: between two stages all workers meet at a barrier, inside a stage none does.
 *
 * Most of a training step works image by image: a task may then take its share of the batch through many kernels
 * in a row, which saves barriers and finds its data in the cache. A kernel joins a stage when everything that it
 * needs was written by earlier stages, or by kernels of the same stage that slice the batch the same way. What nobody
 * waits for (updates, metrics) comes last, where it fills few stages.
 */
import { loadsOf } from "../kernel/access.ts";
import { type Buffer, storageOf } from "../kernel/nest.ts";
import { bytesOf } from "./plan-memory.ts";
import type { ScheduledNest } from "./schedule.ts";
import { isSliced, slicesOf } from "./scheduled-access.ts";

export interface ScheduledLaunch {
  readonly scheduled: ScheduledNest;
  readonly origin: string;
  readonly tasks: number;
}

export interface LaunchStage {
  readonly launches: readonly ScheduledLaunch[];
  readonly tasks: number;
  /** Storages that no other stage touches and of which each task touches its own part only. */
  readonly sliced: ReadonlySet<Buffer>;
}

/** Fewer parts than this would leave processors idle: better a barrier and finer tasks. */
const fewestSlices = 4;

/** What one core may hope to find again in a last level cache that it shares. */
const LAST_LEVEL_SHARE = 8 * 1024 * 1024;

/** A stage of so few points takes about a microsecond, no more than two barriers. */
const lightPoints = 8192;

/** Points of a slice, at least: for fewer, going from launch to launch takes a good part of their time. */
const slicePoints = 16384;

interface Candidate {
  readonly launch: ScheduledLaunch;
  readonly slices: number;
  /** Storages with whether every access to them is sliced. */
  readonly reads: ReadonlyMap<Buffer, boolean>;
  readonly writes: ReadonlyMap<Buffer, boolean>;
  /** Those that must come first, with whether the same slices suffice. */
  readonly after: Map<Candidate, boolean>;
}

export function buildStages(launches: readonly ScheduledLaunch[]): LaunchStage[] {
  const candidates = dependencies(launches.map(describe));
  const users = usersOf(candidates);
  const consumers = consumersOf(candidates);
  const preparations = preparationsOf(candidates, consumers);
  const remaining = new Set(candidates);
  const stages: LaunchStage[] = [];
  while (remaining.size > 0) {
    const ready = [...remaining].filter((candidate) => isReady(candidate, remaining));
    const onTheWay = [...remaining].some((candidate) => consumers.has(candidate));
    const whole = ready.filter(
      (candidate) =>
        (candidate.slices < fewestSlices && (consumers.has(candidate) || !onTheWay)) ||
        preparations.has(candidate),
    );
    const group =
      whole.length > 0
        ? { members: whole, slices: 0 }
        : withoutPremature(slicedGroup([...remaining], remaining, consumers), remaining, consumers);
    for (const member of group.members) remaining.delete(member);
    const chosen = group.members.map((member) => member.launch);
    const most = Math.max(...chosen.map((launch) => launch.tasks));
    const isSlicedGroup = group.slices > 0 && chosen.length > 1;
    const sliced = isSlicedGroup ? slicedStorages(group.members, users) : noStorages;
    const tasks = isSlicedGroup ? slicesWorthwhile(group.slices, chosen) : most;
    stages.push({ launches: chosen, tasks, sliced });
  }
  return joinLightStages(stages);
}

/** The most slices, a divisor of those that there are, of which each has enough to do. */
function slicesWorthwhile(slices: number, launches: readonly ScheduledLaunch[]): number {
  const points = launches.reduce((sum, { scheduled }) => sum + pointsOf(scheduled), 0);
  let worthwhile = slices;
  for (let fewer = slices; fewer >= fewestSlices && points < worthwhile * slicePoints; fewer--)
    if (slices % fewer === 0) worthwhile = fewer;
  return worthwhile;
}

type Consumers = ReadonlyMap<Candidate, readonly Candidate[]>;

function consumersOf(candidates: readonly Candidate[]): Consumers {
  const consumers = new Map<Candidate, Candidate[]>();
  for (const candidate of candidates)
    for (const other of candidate.after.keys()) append(consumers, other, candidate);
  return consumers;
}

function isReady(candidate: Candidate, remaining: ReadonlySet<Candidate>): boolean {
  return [...candidate.after.keys()].every((other) => !remaining.has(other));
}

/** What depends on nothing else and is needed as a whole, as weights laid out for a kernel are: it goes first. */
function preparationsOf(candidates: readonly Candidate[], consumers: Consumers): ReadonlySet<Candidate> {
  const found = new Set<Candidate>();
  for (const candidate of candidates) {
    const own = consumers.get(candidate);
    const isWhole = own?.every((consumer) => !consumer.after.get(candidate)!);
    if (isWhole && [...candidate.after.keys()].every((producer) => found.has(producer))) found.add(candidate);
  }
  return found;
}

interface Group {
  readonly members: readonly Candidate[];
  readonly slices: number;
}

/**
 * Leaves out what writes more than it reads and is not needed before a later stage, where it may stand beside its
 * consumer: there its results are still in the cache, and until then they would take memory.
 */
function withoutPremature(group: Group, remaining: ReadonlySet<Candidate>, consumers: Consumers): Group {
  const coming = new Set([...remaining].filter((candidate) => !group.members.includes(candidate)));
  const isPremature = (member: Candidate): boolean => {
    const own = consumers.get(member);
    return (
      own !== undefined &&
      writtenBytes(member) > readBytes(member) &&
      own.every(
        (consumer) => coming.has(consumer) && (consumer.after.get(member)! || !isReady(consumer, coming)),
      )
    );
  };
  const members = group.members.filter((member) => !isPremature(member));
  return members.length > 0 ? { ...group, members } : group;
}

function writtenBytes({ writes }: Candidate): number {
  return [...writes.keys()].reduce((sum, storage) => sum + bytesOf(storage), 0);
}

function readBytes({ reads }: Candidate): number {
  return [...reads.keys()].reduce((sum, storage) => sum + bytesOf(storage), 0);
}

const noStorages: ReadonlySet<Buffer> = new Set();

function usersOf(candidates: readonly Candidate[]): Map<Buffer, Candidate[]> {
  const users = new Map<Buffer, Candidate[]>();
  for (const candidate of candidates)
    for (const storage of new Set([...candidate.reads.keys(), ...candidate.writes.keys()]))
      append(users, storage, candidate);
  return users;
}

/** What the members write for each other, slice by slice. */
function slicedStorages(
  members: readonly Candidate[],
  users: ReadonlyMap<Buffer, readonly Candidate[]>,
): Set<Buffer> {
  const isSlicedBy = (storage: Buffer, user: Candidate): boolean =>
    members.includes(user) && (user.reads.get(storage) ?? true) && (user.writes.get(storage) ?? true);
  const written = members.flatMap((member) => [...member.writes.keys()]);
  return new Set(written.filter((storage) => users.get(storage)!.every((user) => isSlicedBy(storage, user))));
}

/** Neighbouring stages with next to nothing to do run one after the other as one task: cheaper than a barrier. */
function joinLightStages(stages: readonly LaunchStage[]): LaunchStage[] {
  const joined: LaunchStage[] = [];
  for (const stage of stages) {
    const last = joined.at(-1);
    if (last !== undefined && isLight(last) && isLight(stage))
      joined[joined.length - 1] = {
        launches: [...last.launches, ...stage.launches],
        tasks: 1,
        sliced: noStorages,
      };
    else joined.push(stage);
  }
  return joined;
}

function isLight({ launches }: LaunchStage): boolean {
  return launches.reduce((points, { scheduled }) => points + pointsOf(scheduled), 0) <= lightPoints;
}

/** How often a nest's innermost expressions are evaluated. */
export function pointsOf({ nest }: Pick<ScheduledNest, "nest">): number {
  const axes = [...nest.space, ...nest.levels.flatMap((level) => level.axes)];
  return axes.reduce((product, axis) => product * nest.axes[axis]!.size, 1);
}

function describe(launch: ScheduledLaunch): Candidate {
  const { scheduled } = launch;
  const { nest } = scheduled;
  const reads = new Map<Buffer, boolean>();
  const writes = new Map<Buffer, boolean>();
  for (const load of loadsOf(nest)) {
    const buffer = nest.buffers[load.buffer]!;
    const storage = storageOf(buffer);
    reads.set(storage, (reads.get(storage) ?? true) && isSliced(scheduled, buffer, load.index));
  }
  for (const store of nest.stores) {
    const buffer = nest.buffers[store.buffer]!;
    const storage = storageOf(buffer);
    writes.set(storage, (writes.get(storage) ?? true) && isSliced(scheduled, buffer, store.index));
  }
  return { launch, slices: slicesOf(scheduled), reads, writes, after: new Map() };
}

/** Who must wait for whom: readers for writers, writers (in place) for earlier readers and writers. */
function dependencies(candidates: readonly Candidate[]): readonly Candidate[] {
  const writers = new Map<Buffer, Candidate[]>();
  const readers = new Map<Buffer, Candidate[]>();
  for (const candidate of candidates) {
    const wait = (other: Candidate, sliced: boolean): void => {
      if (other !== candidate) candidate.after.set(other, (candidate.after.get(other) ?? true) && sliced);
    };
    for (const [storage, sliced] of candidate.reads)
      for (const writer of writers.get(storage) ?? []) wait(writer, sliced && writer.writes.get(storage)!);
    for (const storage of candidate.writes.keys()) {
      for (const reader of readers.get(storage) ?? []) wait(reader, false);
      for (const writer of writers.get(storage) ?? []) if (candidate.reads.has(storage)) wait(writer, false);
    }
    for (const storage of candidate.reads.keys()) append(readers, storage, candidate);
    for (const storage of candidate.writes.keys()) append(writers, storage, candidate);
  }
  return candidates;
}

function append<Key>(map: Map<Key, Candidate[]>, key: Key, candidate: Candidate): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [candidate]);
  else known.push(candidate);
}

/**
 * The first ready candidate and all that can follow it slice by slice. Larger slices than it has by itself are no
 * gain where they do not fit in the cache.
 */
function slicedGroup(
  ordered: readonly Candidate[],
  remaining: ReadonlySet<Candidate>,
  consumers: Consumers,
): Group {
  const members: Candidate[] = [];
  let slices = 0;
  let finest = 0;
  let bytes = 0;
  for (const candidate of ordered) {
    const next = slices === 0 ? candidate.slices : greatestCommonDivisor(slices, candidate.slices);
    if (next < fewestSlices) continue;
    const mayJoin = [...candidate.after].every(
      ([other, sliced]) => !remaining.has(other) || (sliced && members.includes(other)),
    );
    if (!mayJoin) continue;
    const joined = bytes + writtenBytes(candidate);
    const { l2 } = candidate.launch.scheduled.target;
    const isCoarse = next < Math.max(finest, candidate.slices);
    const limit = serveOnly(members, candidate, consumers) ? LAST_LEVEL_SHARE : 2 * l2;
    if (members.length > 0 && isCoarse && joined / next > limit) continue;
    members.push(candidate);
    slices = next;
    finest = Math.max(finest, candidate.slices);
    bytes = joined;
  }
  return { members, slices };
}

/** Whether the members' results are for the candidate alone: without it they would go through memory as a whole. */
function serveOnly(members: readonly Candidate[], candidate: Candidate, consumers: Consumers): boolean {
  return members.every((member) => consumers.get(member)?.every((consumer) => consumer === candidate));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
