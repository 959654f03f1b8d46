/** Tables of the network benchmarks. */
import type { Failed, Measured, Sample } from "./interleave.ts";
import { networkOperations } from "./operations.ts";
import { spreadOf } from "./statistics.ts";

export interface NetworkResult {
  readonly network: number;
  readonly mode: "train" | "predict";
  readonly batch: number;
  readonly measured: readonly Measured[];
  readonly failed: readonly Failed[];
}

const heading = [
  "| network | peer | ms a step (median) | 20-80 % | best | times the first | share of the burst | burst GFLOP/s |",
  "|---|---|---:|---|---:|---:|---:|---:|",
];

/**
 * Markdown: one row a peer, the ratio to the first row's median, and the median share of the burst that was taken
 * right before each sample (for wasm of WebAssembly's own). Says how many samples met threads on a shared core.
 */
export function networkTable(results: readonly NetworkResult[]): string {
  const rows = results.flatMap((result) => {
    const base = result.measured[0] === undefined ? Number.NaN : millisecondsOf(result.measured[0]).median;
    return [
      ...result.measured.map((peer) => peerRow(result, peer, base)),
      ...result.failed.map(
        ({ label, reason }) => `| ${result.network} | ${label} | left out: ${reason} | | | | | |`,
      ),
    ];
  });
  const timers = results.flatMap(({ network, measured }) =>
    measured.flatMap(({ label, timer }) =>
      timer === undefined
        ? []
        : `Network ${network}, ${label}: a 10 ms timer of the main thread ticked every ${timer.gap50.toFixed(0)} ms ` +
          `(median) during fit; 99th percentile ${timer.gap99.toFixed(0)} ms, longest ${timer.longest.toFixed(0)} ms.`,
    ),
  );
  return [...heading, ...rows, ...(timers.length > 0 ? ["", ...timers] : [])].join("\n");
}

function peerRow(
  { network, mode, batch }: NetworkResult,
  { label, samples }: Measured,
  base: number,
): string {
  const { median, low, high, best } = spreadOf(samples.map(({ ms }) => ms));
  const work = networkOperations[network];
  const operations = work === undefined ? Number.NaN : batch * (mode === "train" ? work.train : work.forward);
  const share = spreadOf(samples.map((sample) => operations / (sample.ms * 1e6) / burstOf(sample))).median;
  const burst = spreadOf(samples.map(burstOf)).median;
  const sharing = samples.filter(({ sharedCore }) => sharedCore).length;
  return (
    `| ${network} | ${label} | ${median.toFixed(2)} | ${low.toFixed(2)} to ${high.toFixed(2)} | ${best.toFixed(2)} | ` +
    `${(median / base).toFixed(2)} | ${Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "-"} | ` +
    `${burst.toFixed(0)}${sharing === 0 ? "" : ` (${sharing} of ${samples.length} on a shared core)`} |`
  );
}

export function millisecondsOf({ samples }: Measured): ReturnType<typeof spreadOf> {
  return spreadOf(samples.map(({ ms }) => ms));
}

function burstOf({ burst }: Sample): number {
  return burst.reduce((sum, rate) => sum + rate, 0);
}
