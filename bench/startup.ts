/**
 * Start-up: from the start of the process to the first finished training step of network 1, and how much of it is
 * import, and compiling with the first run. Every sample is a process of its own; devices take turns.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type BarGroup, drawChart } from "./chart.ts";
import { type Environment, titleOf } from "./environment.ts";
import { isDisturbed, type Load, watchLoad } from "./machine/load.ts";
import type { DeviceName, Options } from "./options.ts";
import { lastError } from "./peers/peer-process.ts";
import { variablesOf } from "./peers/peers.ts";
import { cell, warningOf } from "./report.ts";
import { writeResults } from "./results.ts";
import { spreadOf } from "./statistics.ts";

/** What startup-child.mjs prints, in milliseconds. */
interface StartupTimes {
  /** From the start of the process to the end of the first training step. */
  readonly finished: number;
  readonly imported: number;
  /** Compiling, starting the workers and the first step. */
  readonly firstStep: number;
  readonly secondStep: number;
  /** Processor time by then, of all threads. */
  readonly processor: number;
}

interface StartupSample extends StartupTimes {
  /** From spawning to the end of the process, seen from outside. */
  readonly process: number;
  readonly load: Load;
  readonly disturbed?: boolean | undefined;
}

export interface StartupResult {
  readonly device: DeviceName;
  readonly samples: readonly StartupSample[];
  /** Why there are no more samples. */
  readonly failure?: string;
}

const columns = [
  { key: "finished", title: "start to first step" },
  { key: "imported", title: "import" },
  { key: "firstStep", title: "compile and first step" },
  { key: "secondStep", title: "second step" },
  { key: "processor", title: "processor time" },
  { key: "process", title: "whole process" },
] as const;

/** Returns whether anything was measured. */
export function benchStartup(options: Options, environment: Environment): boolean {
  const { samples, out, devices = ["x64", "wasm"] } = options;
  const results = devices.map((device) => ({ device, samples: [] as StartupSample[] }) as Mutable);
  for (let round = 0; round < samples; round++)
    for (const result of results) {
      if (result.failure !== undefined) continue;
      const sample = runChild(result.device);
      if (typeof sample === "string") result.failure = sample;
      else result.samples.push(sample);
    }
  const title = titleOf(environment, environment.processor.count);
  const table = startupTable(results);
  const chart = drawChart(`start-up, ms (${title})`, startupBars(results));
  console.log(`\n${table}`);
  writeResults(out, environment, { name: "startup", title, table, chart, raw: { results }, complete: true });
  console.log(`written to ${out}`);
  return results.some((result) => result.samples.length > 0);
}

interface Mutable {
  readonly device: DeviceName;
  readonly samples: StartupSample[];
  failure?: string;
}

/** Markdown: a row a device. */
export function startupTable(results: readonly StartupResult[]): string {
  const warning = warningOf(results.flatMap(({ samples }) => samples));
  return [
    ...(warning === undefined ? [] : [warning, ""]),
    "Milliseconds: median (20 to 80 %) over processes; network 1, batch 32, as many threads as processors.",
    "",
    `| device | ${columns.map(({ title }) => title).join(" | ")} | processes | disturbed |`,
    `|---|${columns.map(() => "---:").join("|")}|---:|---:|`,
    ...results.map(({ device, samples, failure }) => {
      if (samples.length === 0) return `| ${device} | left out: ${cell(failure ?? "")} |`;
      const cells = columns.map(({ key }) => {
        const { median, low, high } = spreadOf(samples.map((sample) => sample[key]));
        return `${median.toFixed(0)} (${low.toFixed(0)} to ${high.toFixed(0)})`;
      });
      const disturbed = samples.filter((sample) => sample.disturbed).length;
      return `| ${device} | ${cells.join(" | ")} | ${samples.length} | ${disturbed} |`;
    }),
  ].join("\n");
}

function startupBars(results: readonly StartupResult[]): BarGroup[] {
  const measured = results.filter(({ samples }) => samples.length > 0);
  return columns
    .filter(({ key }) => key === "finished" || key === "imported" || key === "firstStep")
    .map(({ key, title }) => ({
      title,
      bars: measured.map(({ device, samples }) => {
        const { median, low, high } = spreadOf(samples.map((sample) => sample[key]));
        return { label: device, value: median, low, high, text: `${median.toFixed(0)} ms`, kind: "own" };
      }),
    }));
}

/** A sample, or why the device cannot run. */
function runChild(device: DeviceName): StartupSample | string {
  const started = performance.now();
  const end = watchLoad(process.pid);
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "startup-child.mjs")],
    { env: { ...process.env, ...variablesOf(device) }, encoding: "utf8" },
  );
  if (status !== 0) return error?.message ?? lastError(stderr) ?? `ended with ${status}`;
  const { total, ...times } = JSON.parse(stdout) as StartupTimes & { readonly total: number };
  const load = end();
  const others = load.others === undefined ? undefined : Math.max(0, load.others - total);
  const own = { ...load, own: total, others };
  return {
    ...times,
    process: performance.now() - started,
    load: own,
    disturbed: isDisturbed(own, threadsOfChild),
  };
}

/** Start-up uses one processor most of the time. */
const threadsOfChild = 1;
