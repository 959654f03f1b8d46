/** Tables of single operations. */
import type { ScheduledNest } from "tilework/internal";
import type { Category, Pass } from "./op-case.ts";

interface About {
  readonly name: string;
  readonly pass: Pass;
  readonly category: Category;
  readonly device: string;
}

export interface Timed extends About {
  readonly operations: number;
  readonly bytes: number;
  /** Milliseconds a step, the median. */
  readonly ms: number;
  /** GFLOP/s: the lower of the peak and the intensity times the copy bandwidth. */
  readonly roof: number;
  /** Of the roof, the median of the samples' shares. */
  readonly share: number;
  readonly bound: "memory" | "arithmetic";
  readonly samples: readonly {
    readonly ms: number;
    readonly burst: number;
    readonly peak: number;
    readonly bandwidth: number;
    readonly roof: number;
    readonly share: number;
  }[];
  readonly kernels: readonly string[];
}

export type OpResult = Timed | (About & { readonly failure: string });

/**
 * The share of the roof that must be reached; undefined where none is set: on wasm but for convolutions, and for the
 * gradient by a first layer's input, which no training needs.
 */
export function barOf({ category, device, pass }: About): number | undefined {
  if (category === "few channels" && pass === "backward-data") return undefined;
  if (device === "wasm") return category === "convolution" ? 0.8 : undefined;
  if (category === "convolution") return 0.85;
  return category === "few channels" ? 0.6 : 0.7;
}

/** Markdown: all cases, those furthest below their roof first, and a line a device with how many reach their bar. */
export function opsTable(results: readonly OpResult[]): string {
  const timed = results.filter((result): result is Timed => !("failure" in result));
  const failed = results.filter((result) => "failure" in result);
  const lines = [
    ...summaries(timed),
    "",
    "| share of the roof | bar | device | case | pass | GFLOP/s | GB/s | roof GFLOP/s | bound by | ms |",
    "|---:|---:|---|---|---|---:|---:|---:|---|---:|",
    ...[...timed].sort((x, y) => x.share - y.share).map(row),
    ...failed.map(
      (result) =>
        `| failed | | ${result.device} | ${result.name} | ${result.pass} | ${result.failure} | | | | |`,
    ),
  ];
  return lines.join("\n");
}

function row(result: Timed): string {
  const { share, device, name, pass, operations, bytes, roof, bound, ms } = result;
  const bar = barOf(result);
  const mark = bar !== undefined && share < bar ? " below" : "";
  return (
    `| ${percent(share)} | ${bar === undefined ? "-" : `${percent(bar)}${mark}`} | ${device} | ${name} | ${pass} | ` +
    `${(operations / ms / 1e6).toFixed(1)} | ${(bytes / ms / 1e6).toFixed(1)} | ${roof.toFixed(1)} | ${bound} | ${ms.toPrecision(3)} |`
  );
}

function summaries(timed: readonly Timed[]): string[] {
  return [...new Set(timed.map(({ device }) => device))].map((device) => {
    const own = timed.filter((result) => result.device === device && barOf(result) !== undefined);
    const reached = own.filter((result) => result.share >= barOf(result)!).length;
    const log = own.reduce((sum, { share }) => sum + Math.log(share), 0);
    const mean = Math.exp(log / own.length);
    return `${device}: ${reached} of ${own.length} cases reach their bar; geometric mean ${percent(mean)} of the roof.  `;
  });
}

/** Markdown: the kernels and schedules of the cases furthest below their bars. */
export function slowestTable(results: readonly OpResult[], count = 25): string {
  const distance = (result: Timed): number => result.share / (barOf(result) ?? 1);
  const slowest = results
    .filter((result): result is Timed => !("failure" in result) && barOf(result) !== undefined)
    .sort((x, y) => distance(x) - distance(y))
    .slice(0, count);
  const lines = slowest.flatMap((result) => [
    `- ${percent(result.share)} ${result.device} ${result.name}, ${result.pass}`,
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
