/** Tables of single operations. */
import type { ScheduledNest } from "tilework/internal";
import { cell } from "../report.ts";
import type { Spread } from "../statistics.ts";
import type { Category, Pass } from "./op-case.ts";
import type { RunTime } from "./op-device.ts";
import type { Bandwidths } from "./roof.ts";

interface About {
  readonly name: string;
  readonly pass: Pass;
  readonly category: Category;
  readonly device: string;
}

/** What was measured in a round. */
export interface OpSample {
  /** GFLOP/s of multiply-adds, and of this case's operations. */
  readonly burst: number;
  readonly peak: number;
  readonly bandwidths: Bandwidths;
  /** GFLOP/s. */
  readonly roof: number;
  readonly bound: "memory" | "arithmetic";
  readonly runs: readonly RunTime[];
}

export interface Timed extends About {
  readonly operations: number;
  /** Read and written at least. */
  readonly bytes: number;
  readonly footprint: number;
  /** Milliseconds a step, of all runs. */
  readonly ms: Spread;
  /** GFLOP/s, the median. */
  readonly roof: number;
  /** Of the roof taken beside each run, of all runs; the best is the largest. */
  readonly share: Spread;
  readonly bound: "memory" | "arithmetic";
  readonly samples: readonly OpSample[];
  readonly kernels: readonly string[];
}

export type OpResult = Timed | (About & { readonly failure: string });

/**
 * The share of the roof that must be reached; undefined where none is set: on wasm but for convolutions of 16 channels
 * or more, and for the gradient by a first layer's input, which no training needs.
 */
export function barOf({
  category,
  device,
  pass,
}: Pick<About, "category" | "device" | "pass">): number | undefined {
  if (category === "first layer" && pass === "backward-data") return undefined;
  if (device === "wasm") return category === "convolution" ? 0.8 : undefined;
  if (category === "convolution") return 0.85;
  return category === "memory" ? 0.7 : 0.6;
}

/** Whether a case's median reaches its bar; undefined where it has none. */
export function reachesBar(result: Timed): boolean | undefined {
  const bar = barOf(result);
  return bar === undefined ? undefined : result.share.median >= bar;
}

/** Markdown: all cases, those furthest below their roof first, and a line a device with how many reach their bar. */
export function opsTable(results: readonly OpResult[]): string {
  const timed = results.filter((result): result is Timed => !("failure" in result));
  const failed = results.filter((result) => "failure" in result);
  const warning = interruptionWarning(timed);
  const lines = [
    ...(warning === undefined ? [] : [warning, ""]),
    ...summaries(timed),
    "",
    "Shares and times are medians of all runs, with their 20th and 80th percentile and the best. A run's time is the " +
      "clock's, or the processor time of the one worker where that is less, so waiting does not count.",
    ...winogradNote(timed),
    "",
    "| share of the roof | 20-80 % | best | bar | device | case | pass | GFLOP/s | GB/s | roof GFLOP/s | bound by | ms | 20-80 % |",
    "|---:|---:|---:|---:|---|---|---|---:|---:|---:|---|---:|---:|",
    ...[...timed].sort((x, y) => x.share.median - y.share.median).map(row),
    ...failed.map(
      (result) =>
        `| failed | | | | ${result.device} | ${result.name} | ${result.pass} | ${cell(result.failure)} | | | | | |`,
    ),
  ];
  return lines.join("\n");
}

const isWinograd = ({ kernels }: Timed): boolean => kernels.some((kernel) => /winograd/i.test(kernel));

/** Its share counts operations that it does not do. */
function winogradNote(timed: readonly Timed[]): string[] {
  const count = timed.filter(isWinograd).length;
  if (count === 0) return [];
  return [
    "",
    `${count} cases, marked Winograd, are computed by F(2x2, 3x3) with fewer multiplications than the direct sum. Their ` +
      "operations, shares and GFLOP/s count those of the direct sum, so they can show more than 100 %.",
  ];
}

/** Of a run's time: more than this in other processes and it counts as interrupted. */
const interrupted = 1.1;

/** Undefined where at most a tenth of the runs were interrupted. */
function interruptionWarning(timed: readonly Timed[]): string | undefined {
  const runs = timed.flatMap(({ samples }) => samples.flatMap((sample) => sample.runs));
  const count = runs.filter(({ clock, processor }) => clock > interrupted * processor).length;
  if (count <= 0.1 * runs.length) return undefined;
  return (
    `**Warning: the machine was busy. In ${count} of ${runs.length} runs other processes took the processor for a part ` +
    "of the time. That part does not count, but caches and memory were shared: end other programs and run again.**"
  );
}

function row(result: Timed): string {
  const { share, device, name, pass, operations, bytes, roof, bound, ms } = result;
  const bar = barOf(result);
  const mark = reachesBar(result) === false ? " below" : "";
  const algorithm = isWinograd(result) ? " (Winograd)" : "";
  return (
    `| ${percent(share.median)} | ${percent(share.low)} to ${percent(share.high)} | ${percent(share.best)} | ` +
    `${bar === undefined ? "-" : `${percent(bar)}${mark}`} | ${device} | ${name}${algorithm} | ${pass} | ` +
    `${(operations / ms.median / 1e6).toFixed(1)} | ${(bytes / ms.median / 1e6).toFixed(1)} | ${roof.toFixed(1)} | ` +
    `${bound} | ${ms.median.toPrecision(3)} | ${ms.low.toPrecision(3)} to ${ms.high.toPrecision(3)} |`
  );
}

function summaries(timed: readonly Timed[]): string[] {
  return [...new Set(timed.map(({ device }) => device))].map((device) => {
    const all = timed.filter((result) => result.device === device);
    const own = all.filter((result) => barOf(result) !== undefined);
    if (own.length === 0) return `${device}: no bar is set for its ${all.length} cases.  `;
    const reached = own.filter(reachesBar).length;
    const best = own.filter((result) => result.share.best >= barOf(result)!).length;
    const log = own.reduce((sum, { share }) => sum + Math.log(share.median), 0);
    const mean = Math.exp(log / own.length);
    return (
      `${device}: ${reached} of ${own.length} cases reach their bar (${best} with their best run); geometric mean ` +
      `${percent(mean)} of the roof; ${all.length - own.length} more have no bar.  `
    );
  });
}

/** Markdown: the kernels and schedules of the cases furthest below their bars. */
export function slowestTable(results: readonly OpResult[], count = 25): string {
  const distance = (result: Timed): number => result.share.median / (barOf(result) ?? 1);
  const slowest = results
    .filter((result): result is Timed => !("failure" in result) && barOf(result) !== undefined)
    .sort((x, y) => distance(x) - distance(y))
    .slice(0, count);
  const lines = slowest.flatMap((result) => [
    `- ${percent(result.share.median)} ${result.device} ${result.name}, ${result.pass}`,
    ...result.kernels.map((kernel) => `  - ${kernel}`),
  ]);
  return ["## The slowest, with their kernels and schedules", "", ...lines].join("\n");
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** A kernel's loops and how they are scheduled, in a line. */
export function describeKernel({ nest, schedule }: ScheduledNest): string {
  const axis = (at: number): string => `${nest.axes[at]!.name} ${nest.axes[at]!.size}`;
  const { vectorAxis, vectors, rows, order, taskLoops, outerReduction, unroll, streaming } = schedule;
  const levels = nest.levels.map(
    ({ axes, lanes }) => `reduce ${axes.map(axis).join(", ")}${lanes ? " in lanes" : ""}`,
  );
  return [
    nest.name,
    `${vectorAxis === undefined ? "scalar" : `vector ${axis(vectorAxis)} x${vectors}`}`,
    rows.length === 0
      ? "no rows"
      : `rows ${rows.map((tiled) => `${axis(tiled.axis)} by ${tiled.count}`).join(", ")}`,
    `order ${order.map(axis).join(", ")}`,
    ...levels,
    `tasks from ${taskLoops}`,
    `outer reduction ${outerReduction}`,
    `unroll ${unroll}${streaming ? ", streaming" : ""}`,
  ].join("; ");
}
