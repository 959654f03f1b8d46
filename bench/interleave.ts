/**
 * Samples of several peers in turn, so that whatever the machine does meets all of them. A peer that fails is left
 * out, with its reason.
 */
import { PeerProcess, type PeerSpec } from "./peers/peer-process.ts";
import type { Request } from "./peers/serve.ts";

export interface Measured {
  readonly label: string;
  /** Milliseconds a step, one number a sample. */
  readonly samples: readonly number[];
  readonly secondsToPrepare: number;
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
  /** Taken before each round: what the processor reaches just now. */
  readonly burst?: () => Promise<number>;
}

/** Steps in a sample: enough for about half a second of the fastest. */
const stepsOf: Readonly<Record<number, number>> = { 1: 60, 2: 80, 3: 3, 4: 6 };

export async function measure(
  specs: readonly PeerSpec[],
  settings: Settings,
): Promise<{ measured: Measured[]; failed: Failed[]; bursts: number[] }> {
  const { network, mode, batch, log } = settings;
  const steps = (stepsOf[network] ?? 4) * (mode === "predict" ? 2 : 1);
  const failed: Failed[] = [];
  const running: { peer: PeerProcess; samples: number[]; seconds: number }[] = [];
  const drop = (peer: PeerProcess, reason: unknown): void => {
    log(`  ${peer.spec.label} left out: ${reason}`);
    failed.push({ label: peer.spec.label, reason: String(reason) });
    peer.end();
  };
  for (const spec of specs) {
    const peer = new PeerProcess(spec, settings.threads);
    const request: Partial<Request> = { do: "prepare", network, batch, steps, mode };
    await peer.ask(request).then(
      (answer) => running.push({ peer, samples: [], seconds: Number(answer.seconds) }),
      (reason: unknown) => drop(peer, reason),
    );
  }
  const bursts: number[] = [];
  for (let round = 0; round < settings.samples; round++) {
    if (settings.burst !== undefined) bursts.push(await settings.burst());
    for (const entry of [...running]) {
      await entry.peer.ask({ do: "sample" }).then(
        (answer) => entry.samples.push(Number(answer.ms)),
        (reason: unknown) => {
          running.splice(running.indexOf(entry), 1);
          drop(entry.peer, reason);
        },
      );
    }
    log(`  round ${round + 1} of ${settings.samples}: ${running.map(({ peer, samples }) => `${peer.spec.label} ${samples.at(-1)!.toFixed(2)}`).join(", ")} ms`);
  }
  for (const { peer } of running) peer.end();
  const measured = running.map(({ peer, samples, seconds }) => ({
    label: peer.spec.label,
    samples,
    secondsToPrepare: seconds,
  }));
  return { measured, failed, bursts };
}
