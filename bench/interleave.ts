/**
 * Samples of several peers in turn, so that whatever the machine does meets all of them, each with a burst of
 * multiply-adds right before it and with what other processes took meanwhile. A peer that fails is left out, with its
 * reason.
 */
import type { Burst } from "./machine/burst.ts";
import { isDisturbed, type Load, watchLoad } from "./machine/load.ts";
import { PeerProcess, type PeerSpec } from "./peers/peer-process.ts";
import type { Hello, TimerGaps } from "./peers/serve.ts";

export interface Sample {
  /** Milliseconds a step. */
  readonly ms: number;
  /** GFLOP/s of the burst before it, on as many threads as the peer has, one number a thread. */
  readonly burst: readonly number[];
  /** GFLOP/s of the same burst on the clock, slices included in which others had the processor. */
  readonly burstByClock: number;
  /** Whether the threads shared a core then. */
  readonly sharedCore: boolean;
  readonly load: Load;
  /** Whether others took processors away; undefined where the system does not say. */
  readonly disturbed?: boolean | undefined;
}

/** GB/s of copies on all threads, bytes read and written together, once a round. */
export interface CopySample {
  readonly engine: "x64" | "wasm";
  readonly footprintBytes: number;
  readonly bandwidth: number;
}

export interface Measured {
  readonly label: string;
  readonly engine: "x64" | "wasm";
  readonly threads: number;
  readonly peer: Hello;
  readonly samples: readonly Sample[];
  readonly secondsToPrepare: number;
  readonly timer?: TimerGaps;
}

export interface Failed {
  readonly label: string;
  readonly reason: string;
}

export interface Settings {
  readonly network: number;
  readonly mode: "train" | "predict";
  readonly batch: number;
  readonly threads: number;
  readonly samples: number;
  readonly log: (line: string) => void;
  readonly bursts: Readonly<Record<"x64" | "wasm", Burst>>;
  /** Also measure the timer of the main thread, where the peer can. */
  readonly timer?: boolean;
}

interface Running {
  readonly peer: PeerProcess;
  readonly hello: Hello;
  readonly threads: number;
  readonly samples: Sample[];
  readonly seconds: number;
  timer?: TimerGaps;
}

/** Steps in a sample: some 0.1 to 1 s of Tilework's. */
const stepsOf: Readonly<Record<number, number>> = { 1: 60, 2: 80, 3: 3, 4: 6 };

/** Of each thread: past the caches of most processors. */
const copyFootprint = 128 * 2 ** 20;

export async function measure(
  specs: readonly PeerSpec[],
  settings: Settings,
): Promise<{ measured: Measured[]; failed: Failed[]; copies: CopySample[] }> {
  const { samples: rounds, log } = settings;
  const copies: CopySample[] = [];
  const failed: Failed[] = [];
  const running: Running[] = [];
  const drop = (peer: PeerProcess, reason: unknown): void => {
    log(`  ${peer.spec.label} left out: ${reason}`);
    failed.push({ label: peer.spec.label, reason: String(reason) });
    peer.end();
  };
  await start(specs, settings, running, drop);
  const each = async (use: (entry: Running) => Promise<void>): Promise<void> => {
    for (const entry of [...running]) {
      await use(entry).catch((reason: unknown) => {
        running.splice(running.indexOf(entry), 1);
        drop(entry.peer, reason);
      });
    }
  };
  for (let round = 0; round < rounds && running.length > 0; round++) {
    copies.push(...(await sampleCopies(running, settings)));
    await each(async (entry) => {
      entry.samples.push(await sampleOf(entry, settings));
    });
    const line = running.map(({ peer, samples }) => {
      const { ms, disturbed } = samples.at(-1)!;
      return `${peer.spec.label} ${ms.toFixed(2)}${disturbed ? " (disturbed)" : ""}`;
    });
    log(`  round ${round + 1} of ${rounds}: ${line.join(", ")} ms`);
  }
  if (settings.timer) {
    await each(async (entry) => {
      if (entry.peer.spec.measuresTimer)
        entry.timer = (await entry.peer.ask({ do: "timer" })) as unknown as TimerGaps;
    });
  }
  for (const { peer } of running) peer.end();
  return { measured: running.map(resultOf), failed, copies };
}

async function sampleOf({ peer, threads }: Running, { bursts }: Settings): Promise<Sample> {
  const burst = bursts[peer.spec.engine];
  await burst.sample(threads);
  const { perThread, byClock, sharedCore } = burst;
  const end = watchLoad(peer.pid!);
  const { ms } = await peer.ask({ do: "sample" });
  const load = end();
  const disturbed = isDisturbed(load, threads);
  return { ms: Number(ms), burst: perThread, burstByClock: byClock, sharedCore, load, disturbed };
}

async function sampleCopies(
  running: readonly Running[],
  { bursts, threads }: Settings,
): Promise<CopySample[]> {
  const samples: CopySample[] = [];
  for (const engine of ["x64", "wasm"] as const) {
    if (!running.some(({ peer }) => peer.spec.engine === engine)) continue;
    const bandwidth = await bursts[engine].bandwidth("copy", copyFootprint, threads);
    samples.push({ engine, footprintBytes: copyFootprint * threads, bandwidth });
  }
  return samples;
}

async function start(
  specs: readonly PeerSpec[],
  { network, mode, batch, threads, log }: Settings,
  running: Running[],
  drop: (peer: PeerProcess, reason: unknown) => void,
): Promise<void> {
  const steps = (stepsOf[network] ?? 4) * (mode === "predict" ? 2 : 1);
  for (const spec of specs) {
    const peer = new PeerProcess(spec, threads);
    try {
      const hello = (await peer.ask({ do: "hello" })) as unknown as Hello;
      const { seconds } = await peer.ask({ do: "prepare", network, batch, steps, mode });
      const own = spec.threads ?? threads;
      running.push({ peer, hello, threads: own, samples: [], seconds: Number(seconds) });
      log(`  ${spec.label} is ready after ${Number(seconds).toFixed(1)} s`);
    } catch (reason) {
      drop(peer, reason);
    }
  }
}

function resultOf({ peer, hello, threads, samples, seconds, timer }: Running): Measured {
  const { label, engine } = peer.spec;
  const measured = { label, engine, threads, peer: hello, samples, secondsToPrepare: seconds };
  return { ...measured, ...(timer !== undefined && { timer }) };
}
