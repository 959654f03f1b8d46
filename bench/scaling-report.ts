/** How much faster several threads are than one. */
import type { Measured } from "./interleave.ts";
import type { NetworkResult } from "./report.ts";
import { spreadOf } from "./statistics.ts";

/**
 * Markdown: times faster, and beside it what the bursts scaled in the same rounds. Rounds whose threads shared a core
 * are left out; a network with none left says so.
 */
export function scalingTable(results: readonly NetworkResult[], threads: number): string {
  const lines = [
    `| network | device | 1 to ${threads} threads, times | the bursts, times | rounds on a shared core |`,
    "|---|---|---:|---:|---:|",
  ];
  for (const { network, measured } of results)
    for (const [one, many] of pairs(measured)) lines.push(row(network, one, many));
  return lines.join("\n");
}

function pairs(measured: readonly Measured[]): [Measured, Measured][] {
  return measured.flatMap((one): [Measured, Measured][] => {
    if (!one.label.endsWith(", 1 thread")) return [];
    const device = one.label.slice(0, one.label.lastIndexOf(","));
    const many = measured.find(({ label }) => label.startsWith(`${device}, `) && label.endsWith("threads"));
    return many === undefined ? [] : [[one, many]];
  });
}

function row(network: number, one: Measured, many: Measured): string {
  const rounds = many.samples.map((sample, round) => ({ sample, alone: one.samples[round]! }));
  const apart = rounds.filter(({ sample }) => !sample.sharedCore);
  const sharing = `${rounds.length - apart.length} of ${rounds.length}`;
  const device = one.label.slice(0, one.label.lastIndexOf(","));
  if (apart.length === 0) return `| ${network} | ${device} | - | - | ${sharing} |`;
  const times = spreadOf(apart.map(({ sample, alone }) => alone.ms / sample.ms)).median;
  const sum = (rates: readonly number[]): number => rates.reduce((total, rate) => total + rate, 0);
  const bursts = spreadOf(apart.map(({ sample, alone }) => sum(sample.burst) / sum(alone.burst))).median;
  return `| ${network} | ${device} | ${times.toFixed(2)} | ${bursts.toFixed(2)} | ${sharing} |`;
}
