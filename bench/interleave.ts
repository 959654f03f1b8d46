/**
 * Samples of several peers in turn, so that whatever the machine does meets all of them, each with a burst of
 * multiply-adds right before it. A peer that fails is left out, with its reason.
 */
import type { Burst } from "./machine/burst.ts";
import { PeerProcess, type PeerSpec } from "./peers/peer-process.ts";
import type { Request, TimerGaps } from "./peers/serve.ts";

export interface Sample {
  /** Milliseconds a step. */
  readonly ms: number;
  /** GFLOP/s of the burst before it, on as many threads as the peer has, one number a thread. */
  readonly burst: readonly number[];
  /** Whether the threads shared a core then. */
  readonly sharedCore: boolean;
}

export interface Measured {
  readonly label: string;
  readonly engine: "x64" | "wasm";
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
  readonly samples: Sample[];
  readonly seconds: number;
  timer?: TimerGaps;
}

/** Steps in a sample: enough for about half a second of the fastest. */
const stepsOf: Readonly<Record<number, number>> = { 1: 60, 2: 80, 3: 3, 4: 6 };

export async function measure(
  specs: readonly PeerSpec[],
  settings: Settings,
): Promise<{ measured: Measured[]; failed: Failed[] }> {
  const { samples: rounds, bursts, log } = settings;
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
  for (let round = 0; round < rounds; round++) {
    await each(async ({ peer, samples }) => {
      const burst = bursts[peer.spec.engine];
      await burst.sample(peer.spec.threads ?? settings.threads);
      const { perThread, sharedCore } = burst;
      const { ms } = await peer.ask({ do: "sample" });
      samples.push({ ms: Number(ms), burst: perThread, sharedCore });
    });
    const line = running.map(({ peer, samples }) => `${peer.spec.label} ${samples.at(-1)!.ms.toFixed(2)}`);
    log(`  round ${round + 1} of ${rounds}: ${line.join(", ")} ms`);
  }
  if (settings.timer) {
    await each(async (entry) => {
      if (entry.peer.spec.measuresTimer)
        entry.timer = (await entry.peer.ask({ do: "timer" })) as unknown as TimerGaps;
    });
  }
  for (const { peer } of running) peer.end();
  return { measured: running.map(resultOf), failed };
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
    const request: Partial<Request> = { do: "prepare", network, batch, steps, mode };
    await peer.ask(request).then(
      ({ seconds }) => {
        running.push({ peer, samples: [], seconds: Number(seconds) });
        log(`  ${spec.label} is ready after ${Number(seconds).toFixed(1)} s`);
      },
      (reason: unknown) => drop(peer, reason),
    );
  }
}

function resultOf({ peer, samples, seconds, timer }: Running): Measured {
  const { label, engine } = peer.spec;
  return { label, engine, samples, secondsToPrepare: seconds, ...(timer !== undefined && { timer }) };
}
