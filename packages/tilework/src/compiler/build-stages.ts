/**
 * Groups kernels into stages: between two stages all workers meet at a barrier, inside a stage none does.
 *
 * Most of a training step works image by image: a task may then take its share of the batch through many kernels
 * in a row, which saves barriers and finds its data in the cache. A kernel joins a stage when everything that it
 * needs was written by earlier stages, or by kernels of the same stage that slice the batch the same way. What nobody
 * waits for (updates, metrics) comes last, where it fills few stages.
 */
import type { Buffer, Nest } from "../kernel/nest.ts";
import type { ScheduledNest } from "./schedule.ts";
import {
  type Candidate,
  type Consumers,
  candidatesOf,
  consumersOf,
  preparationsOf,
  readBytes,
  type ScheduledLaunch,
  usersOf,
  writtenBytes,
} from "./stage-candidates.ts";

export interface LaunchStage {
  readonly launches: readonly ScheduledLaunch[];
  readonly tasks: number;
  /** Storages that no other stage touches and of which each task touches its own part only. */
  readonly sliced: ReadonlySet<Buffer>;
}

/** Fewer parts than this would leave processors idle: better a barrier and finer tasks. */
const fewestSlices = 4;

/** Bytes of a slice that are still in a last level cache, one core's share of it, when the next launch reads them. */
const handedOverBytes = 8 * 1024 * 1024;

/** A stage of so few points takes about a microsecond, no more than two barriers. */
const lightPoints = 8192;

/** Points of a slice, at least: for fewer, going from launch to launch takes a good part of their time. */
const slicePoints = 16384;

/** Sums of products take this many in the time of one other point. */
const productsAPoint = 4;

export function buildStages(launches: readonly ScheduledLaunch[]): LaunchStage[] {
  const candidates = candidatesOf(launches);
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
  const points = launches.reduce(
    (sum, { scheduled }) => sum + pointsOf(scheduled) / (isProduct(scheduled.nest) ? productsAPoint : 1),
    0,
  );
  let worthwhile = slices;
  for (let fewer = slices; fewer >= fewestSlices && points < worthwhile * slicePoints; fewer--)
    if (slices % fewer === 0) worthwhile = fewer;
  return worthwhile;
}

/** Whether all that the nest sums are products. */
function isProduct({ levels }: Nest): boolean {
  const reductions = levels.flatMap((level) => level.reductions);
  return (
    reductions.length > 0 &&
    reductions.every(({ op, value }) => op === "add" && value.kind === "binary" && value.op === "mul")
  );
}

function isReady(candidate: Candidate, remaining: ReadonlySet<Candidate>): boolean {
  return [...candidate.after.keys()].every((other) => !remaining.has(other));
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

const noStorages: ReadonlySet<Buffer> = new Set();

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
    const limit = serveOnly(members, candidate, consumers) ? handedOverBytes : 2 * l2;
    if (members.length > 0 && isCoarse && joined / next > limit) continue;
    members.push(candidate);
    slices = next;
    finest = Math.max(finest, candidate.slices);
    bytes = joined;
  }
  return { members, slices };
}

/** How often a nest's innermost expressions are evaluated. */
export function pointsOf({ nest }: Pick<ScheduledNest, "nest">): number {
  const axes = [...nest.space, ...nest.levels.flatMap((level) => level.axes)];
  return axes.reduce((product, axis) => product * nest.axes[axis]!.size, 1);
}

/** Whether the members' results are for the candidate alone: without it they would go through memory as a whole. */
function serveOnly(members: readonly Candidate[], candidate: Candidate, consumers: Consumers): boolean {
  return members.every((member) => consumers.get(member)?.every((consumer) => consumer === candidate));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
