/** Tables and charts of the network benchmarks. */
import type { BarGroup } from "./chart.ts";
import type { CopySample, Failed, Measured, Sample } from "./interleave.ts";
import { shareOfOthers } from "./machine/load.ts";
import { networkOperations } from "./operations.ts";
import { type Spread, spreadOf } from "./statistics.ts";

export interface NetworkResult {
  readonly network: number;
  readonly mode: "train" | "predict";
  readonly batch: number;
  readonly measured: readonly Measured[];
  readonly failed: readonly Failed[];
  readonly copies: readonly CopySample[];
}

const heading = [
  "| network | peer | ms a step (median) | 20-80 % | best | times the first | share of the burst | burst GFLOP/s | by the clock | disturbed |",
  "|---|---|---:|---|---:|---:|---:|---:|---:|---:|",
];

/** More of the samples disturbed than this, and a warning says so. */
const mostDisturbed = 0.1;

/**
 * Markdown: one row a peer, the ratio to the first row's median, and the median share of the burst that was taken
 * right before each sample (for wasm of WebAssembly's own). Says how many samples met threads on a shared core, and
 * in how many others took the processors.
 */
export function networkTable(results: readonly NetworkResult[]): string {
  const rows = results.flatMap((result) => {
    const base = result.measured[0] === undefined ? Number.NaN : millisecondsOf(result.measured[0]).median;
    return [
      ...result.measured.map((peer) => peerRow(result, peer, base)),
      ...result.failed.map(
        ({ label, reason }) => `| ${result.network} | ${label} | left out: ${cell(reason)} | | | | | | | |`,
      ),
    ];
  });
  const warning = disturbanceWarning(results);
  const timers = results.flatMap(timerLines);
  return [
    ...(warning === undefined ? [] : [warning, ""]),
    ...heading,
    ...rows,
    "",
    ...machineLines(results),
    ...timers,
  ].join("\n");
}

/** A line break or a bar would end a cell. */
export function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}

function timerLines({ network, measured }: NetworkResult): string[] {
  return measured.flatMap(({ label, timer }) =>
    timer === undefined
      ? []
      : `Network ${network}, ${label}: a 10 ms timer of the main thread ticked every ${timer.gap50.toFixed(0)} ms ` +
        `(median) during fit; 99th percentile ${timer.gap99.toFixed(0)} ms, longest ${timer.longest.toFixed(0)} ms.  `,
  );
}

/** What the machine reached in the same run: multiply-adds, and copies on all threads. */
function machineLines(results: readonly NetworkResult[]): string[] {
  return (["x64", "wasm"] as const).flatMap((engine) => {
    const peers = results.flatMap(({ measured }) => measured).filter((peer) => peer.engine === engine);
    const threads = Math.max(...peers.map((peer) => peer.threads));
    const samples = peers.filter((peer) => peer.threads === threads).flatMap((peer) => peer.samples);
    const copies = results.flatMap(({ copies }) => copies).filter((copy) => copy.engine === engine);
    if (samples.length === 0 || copies.length === 0) return [];
    const footprint = copies[0]!.footprintBytes / 2 ** 20;
    return [
      `Machine, ${engine === "x64" ? "machine code" : "WebAssembly"}, ${threads} thread${threads === 1 ? "" : "s"}: ` +
        `multiply-adds ${range(spreadOf(samples.map(burstOf)))} GFLOP/s ` +
        `(by the clock ${range(spreadOf(samples.map((sample) => sample.burstByClock)))}), ` +
        `copies of ${footprint} MiB ${range(spreadOf(copies.map(({ bandwidth }) => bandwidth)))} GB/s read and written.  `,
    ];
  });
}

function range({ median, low, high }: Spread): string {
  return `${median.toPrecision(3)} (${low.toPrecision(3)} to ${high.toPrecision(3)})`;
}

/** Undefined where at most a tenth of the samples were disturbed. */
export function disturbanceWarning(results: readonly NetworkResult[]): string | undefined {
  const samples = results.flatMap(({ measured }) => measured.flatMap((peer) => peer.samples));
  return warningOf(samples);
}

/** The warning of a list of samples: how many were disturbed, by how much, and what to do. */
export function warningOf(samples: readonly Pick<Sample, "disturbed" | "load">[]): string | undefined {
  const disturbed = samples.filter((sample) => sample.disturbed);
  if (disturbed.length <= mostDisturbed * samples.length) return undefined;
  const taken = spreadOf(disturbed.map(({ load }) => shareOfOthers(load))).median;
  const average = spreadOf(disturbed.map(({ load }) => load.loadAverage)).median;
  return (
    `**Warning: the machine was busy. In ${disturbed.length} of ${samples.length} samples other processes took the ` +
    `processors away (${(100 * taken).toFixed(0)} % of all, load average ${average.toFixed(1)}): these times and ratios ` +
    "say little. End other programs and run again; more rounds (--samples 15) help only where few are disturbed.**"
  );
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
  const byClock = spreadOf(samples.map((sample) => sample.burstByClock)).median;
  const sharing = samples.filter(({ sharedCore }) => sharedCore).length;
  return (
    `| ${network} | ${label} | ${median.toFixed(2)} | ${low.toFixed(2)} to ${high.toFixed(2)} | ${best.toFixed(2)} | ` +
    `${(median / base).toFixed(2)} | ${Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "-"} | ` +
    `${burst.toFixed(0)}${sharing === 0 ? "" : ` (${sharing} of ${samples.length} on a shared core)`} | ` +
    `${byClock.toFixed(0)} | ${disturbedCount(samples)} |`
  );
}

/** "2 of 7", or "unknown" where the system does not say. */
function disturbedCount(samples: readonly Sample[]): string {
  if (samples.every(({ disturbed }) => disturbed === undefined)) return "unknown";
  return `${samples.filter(({ disturbed }) => disturbed).length} of ${samples.length}`;
}

export function millisecondsOf({ samples }: Measured): Spread {
  return spreadOf(samples.map(({ ms }) => ms));
}

/** A group of bars a network. */
export function networkBars(results: readonly NetworkResult[]): BarGroup[] {
  return results.map(({ network, measured }) => ({
    title: `network ${network}`,
    bars: measured.map((peer) => {
      const { median, low, high } = millisecondsOf(peer);
      const kind = peer.label.startsWith("Tilework") ? "own" : "other";
      const disturbed = peer.samples.filter((sample) => sample.disturbed).length;
      const mark = disturbed > mostDisturbed * peer.samples.length ? " (disturbed)" : "";
      return { label: peer.label, value: median, low, high, text: `${median.toFixed(2)} ms${mark}`, kind };
    }),
  }));
}

function burstOf({ burst }: Sample): number {
  return burst.reduce((sum, rate) => sum + rate, 0);
}
