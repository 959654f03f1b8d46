/**
 * Launches that look for a stage: what each reads and writes, all of it or slice by slice, and whom it must wait for.
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

export interface Candidate {
  readonly launch: ScheduledLaunch;
  readonly slices: number;
  /** Storages with whether every access to them is sliced. */
  readonly reads: ReadonlyMap<Buffer, boolean>;
  readonly writes: ReadonlyMap<Buffer, boolean>;
  /** Those that must come first, with whether the same slices suffice. */
  readonly after: Map<Candidate, boolean>;
}

/** The launches in their order. */
export function candidatesOf(launches: readonly ScheduledLaunch[]): readonly Candidate[] {
  const candidates = launches.map(describe);
  addDependencies(candidates);
  return candidates;
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

/** Adds who must wait for whom: readers for writers, writers (in place) for earlier readers and writers. */
function addDependencies(candidates: readonly Candidate[]): void {
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
}

function append<Key>(map: Map<Key, Candidate[]>, key: Key, candidate: Candidate): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [candidate]);
  else known.push(candidate);
}

/** Those that wait for each; none: nobody does. */
export type Consumers = ReadonlyMap<Candidate, readonly Candidate[]>;

export function consumersOf(candidates: readonly Candidate[]): Consumers {
  const consumers = new Map<Candidate, Candidate[]>();
  for (const candidate of candidates)
    for (const other of candidate.after.keys()) append(consumers, other, candidate);
  return consumers;
}

/** What depends on nothing else and is needed as a whole, as weights laid out for a kernel are: it goes first. */
export function preparationsOf(
  candidates: readonly Candidate[],
  consumers: Consumers,
): ReadonlySet<Candidate> {
  const found = new Set<Candidate>();
  for (const candidate of candidates) {
    const own = consumers.get(candidate);
    const isWhole = own?.every((consumer) => !consumer.after.get(candidate)!);
    if (isWhole && [...candidate.after.keys()].every((producer) => found.has(producer))) found.add(candidate);
  }
  return found;
}

/** Those that read or write each storage. */
export function usersOf(candidates: readonly Candidate[]): Map<Buffer, Candidate[]> {
  const users = new Map<Buffer, Candidate[]>();
  for (const candidate of candidates)
    for (const storage of new Set([...candidate.reads.keys(), ...candidate.writes.keys()]))
      append(users, storage, candidate);
  return users;
}

export function writtenBytes({ writes }: Candidate): number {
  return [...writes.keys()].reduce((sum, storage) => sum + bytesOf(storage), 0);
}

export function readBytes({ reads }: Candidate): number {
  return [...reads.keys()].reduce((sum, storage) => sum + bytesOf(storage), 0);
}
