/** How much faster several threads are than one. */
import type { BarGroup } from "./chart.ts";
import type { Measured } from "./interleave.ts";
import type { NetworkResult } from "./report.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** Several threads against one, round by round. */
export interface Scaling {
  readonly network: number;
  readonly device: string;
  /** Undefined where the threads shared a core in all rounds. */
  readonly times: Spread | undefined;
  /** What the bursts scaled in the same rounds. */
  readonly bursts: Spread | undefined;
  readonly rounds: number;
  readonly sharing: number;
  readonly disturbed: number;
}

/** Rounds whose threads shared a core are left out. */
export function scalingOf(results: readonly NetworkResult[]): Scaling[] {
  return results.flatMap(({ network, measured }) =>
    pairs(measured).map(([one, many]) => scalingOfPair(network, one, many)),
  );
}

/** Markdown: times faster, and beside it what the bursts scaled in the same rounds. */
export function scalingTable(scalings: readonly Scaling[], threads: number): string {
  const figure = (spread: Spread | undefined): string =>
    spread === undefined
      ? "-"
      : `${spread.median.toFixed(2)} (${spread.low.toFixed(2)} to ${spread.high.toFixed(2)})`;
  return [
    `| network | device | 1 to ${threads} threads, times | the bursts, times | rounds on a shared core | disturbed |`,
    "|---|---|---:|---:|---:|---:|",
    ...scalings.map(
      ({ network, device, times, bursts, rounds, sharing, disturbed }) =>
        `| ${network} | ${device} | ${figure(times)} | ${figure(bursts)} | ${sharing} of ${rounds} | ${disturbed} of ${rounds} |`,
    ),
  ].join("\n");
}

/** A group of bars a network: each device and what the bursts scaled. */
export function scalingBars(scalings: readonly Scaling[], threads: number): BarGroup[] {
  const networks = [...new Set(scalings.map(({ network }) => network))];
  return networks.map((network) => ({
    title: `network ${network}`,
    longest: threads,
    bars: scalings
      .filter((scaling) => scaling.network === network)
      .flatMap(({ device, times, bursts }) => [
        ...(times === undefined ? [] : [bar(device, times, "own")]),
        ...(bursts === undefined ? [] : [bar(`${device}, the bursts`, bursts, "other")]),
      ]),
  }));
}

function bar(label: string, { median, low, high }: Spread, kind: "own" | "other"): BarGroup["bars"][number] {
  return { label, value: median, low, high, text: `${median.toFixed(2)} times`, kind };
}

function pairs(measured: readonly Measured[]): [Measured, Measured][] {
  return measured.flatMap((one): [Measured, Measured][] => {
    if (!one.label.endsWith(", 1 thread")) return [];
    const device = deviceOf(one);
    const many = measured.find(({ label }) => label.startsWith(`${device}, `) && label.endsWith("threads"));
    return many === undefined ? [] : [[one, many]];
  });
}

const deviceOf = ({ label }: Measured): string => label.slice(0, label.lastIndexOf(","));

function scalingOfPair(network: number, one: Measured, many: Measured): Scaling {
  const rounds = many.samples.map((sample, round) => ({ sample, alone: one.samples[round]! }));
  const apart = rounds.filter(({ sample }) => !sample.sharedCore);
  const sum = (rates: readonly number[]): number => rates.reduce((total, rate) => total + rate, 0);
  const spread = (of: (round: (typeof rounds)[number]) => number): Spread | undefined =>
    apart.length === 0 ? undefined : spreadOf(apart.map(of));
  return {
    network,
    device: deviceOf(one),
    times: spread(({ sample, alone }) => alone.ms / sample.ms),
    bursts: spread(({ sample, alone }) => sum(sample.burst) / sum(alone.burst)),
    rounds: rounds.length,
    sharing: rounds.length - apart.length,
    disturbed: rounds.filter(({ sample, alone }) => sample.disturbed || alone.disturbed).length,
  };
}
