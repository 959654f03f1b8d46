/**
 * Who had the processors while a sample ran. On Linux the kernel counts how long they worked in all (`/proc/stat`),
 * how long a process had them and how long its threads waited for one (`/proc/PID/task/TID/schedstat`). What others took
 * beyond processors that a sample leaves idle anyhow is missing from it: its time then says more about them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";

/** A span of the clock; times in milliseconds, of all processors or threads together; undefined where unknown. */
export interface Load {
  readonly wall: number;
  /** What the watched process had of the processors. */
  readonly own?: number | undefined;
  /** How long its threads were ready and waited for a processor. */
  readonly waiting?: number | undefined;
  /** What other processes of this machine had of the processors. */
  readonly others?: number | undefined;
  /** What the hypervisor gave to other machines meanwhile. */
  readonly stolen?: number | undefined;
  /** Runnable processes of the last minute, as the system says. */
  readonly loadAverage: number;
}

interface Snapshot {
  readonly at: number;
  readonly machine: { readonly busy: number; readonly stolen: number } | undefined;
  /** By thread. */
  readonly threads: ReadonlyMap<string, ThreadTimes> | undefined;
}

interface ThreadTimes {
  readonly ran: number;
  readonly waited: number;
}

/** The kernel counts `/proc/stat` in ticks of this many milliseconds. */
const tick = 10;

/** Of its time: more than this lost to others and a sample counts as disturbed. */
const mostLost = 0.1;

/** Below this share of the processors others do not explain why threads wait. */
const leastOthers = 0.05;

/** Starts to watch a process; the function that comes back ends it. */
export function watchLoad(pid: number): () => Load {
  const before = takeSnapshot(pid);
  return () => loadBetween(before, takeSnapshot(pid));
}

export function loadBetween(before: Snapshot, after: Snapshot, loadAverage: number = loadavg()[0]!): Load {
  const wall = after.at - before.at;
  const [threads, machine] = [after.threads, after.machine];
  const known = before.threads ?? new Map<string, ThreadTimes>();
  const sum = (of: keyof ThreadTimes): number | undefined =>
    threads && [...threads].reduce((total, [id, times]) => total + times[of] - (known.get(id)?.[of] ?? 0), 0);
  const own = sum("ran");
  const waiting = sum("waited");
  if (machine === undefined || before.machine === undefined) return { wall, own, waiting, loadAverage };
  const others = Math.max(0, machine.busy - before.machine.busy - (own ?? 0));
  return { wall, own, waiting, others, stolen: machine.stolen - before.machine.stolen, loadAverage };
}

/**
 * Whether others took a sample's processors away: more of them than a sample of so many threads leaves idle, or its
 * threads waited while others ran. Where the system does not say, undefined.
 */
export function isDisturbed(
  { wall, waiting = 0, others, stolen = 0 }: Load,
  threads: number,
  processors: number = availableParallelism(),
): boolean | undefined {
  if (others === undefined) return undefined;
  const wanted = wall * Math.min(threads, processors);
  const taken = Math.max(0, others + stolen - tick * processors);
  const spare = wall * Math.max(0, processors - threads);
  const waited = taken > leastOthers * wall * processors && waiting > mostLost * wanted;
  return taken - spare > mostLost * wanted || waited;
}

/** The share of all processors that others had, 0 to 1. */
export function shareOfOthers(
  { wall, others = 0, stolen = 0 }: Load,
  processors: number = availableParallelism(),
): number {
  return Math.min(1, (others + stolen) / (wall * processors));
}

function takeSnapshot(pid: number): Snapshot {
  const stat = readText("/proc/stat");
  return {
    at: performance.now(),
    machine: stat === undefined ? undefined : parseStat(stat),
    threads: threadsOf(pid),
  };
}

/** Milliseconds that all processors worked (guests count in user and nice), and that were stolen from them. */
export function parseStat(stat: string): { readonly busy: number; readonly stolen: number } | undefined {
  const fields = /^cpu +(.+)$/m.exec(stat)?.[1]?.split(" ").map(Number);
  if (fields === undefined || fields.length < 8 || fields.some(Number.isNaN)) return undefined;
  const [user, nice, system, , , hardware, software, stolen] = fields as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { busy: tick * (user + nice + system + hardware + software), stolen: tick * stolen };
}

/** `schedstat` counts nanoseconds. */
export function parseSchedstat(text: string): ThreadTimes | undefined {
  const [ran, waited] = text.trim().split(/\s+/).map(Number);
  return Number.isFinite(ran) && Number.isFinite(waited)
    ? { ran: ran! / 1e6, waited: waited! / 1e6 }
    : undefined;
}

function threadsOf(pid: number): ReadonlyMap<string, ThreadTimes> | undefined {
  const folder = `/proc/${pid}/task`;
  const threads = new Map<string, ThreadTimes>();
  for (const id of listFolder(folder)) {
    const text = readText(`${folder}/${id}/schedstat`);
    const times = text === undefined ? undefined : parseSchedstat(text);
    if (times !== undefined) threads.set(id, times);
  }
  return threads.size === 0 ? undefined : threads;
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Undefined where the system has no such file, or the thread has ended. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
