/**
 * Start-up: from the start of the process to the first finished training step of network 1, and how much of it is
 * import, and compiling with the first run. Every sample is a process of its own; devices take turns.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { spreadOf } from "./statistics.ts";

export interface StartupOptions {
  /** Folder of the results. */
  readonly out: string;
  readonly machine: string;
  readonly devices: readonly string[];
  /** Processes a device. Default 11. */
  readonly samples?: number;
}

/** What startup-child.mjs prints, in milliseconds. */
interface StartupSample {
  /** From the start of the process to the end of the first training step. */
  readonly finished: number;
  readonly imported: number;
  /** Compiling, starting the workers and the first step. */
  readonly firstStep: number;
  readonly secondStep: number;
  /** Processor time by then, of all threads. */
  readonly processor: number;
}

interface StartupResult extends StartupSample {
  /** From spawning to the end of the process, seen from outside. */
  readonly process: number;
}

const columns: readonly { readonly key: keyof StartupResult; readonly title: string }[] = [
  { key: "finished", title: "start to first step" },
  { key: "imported", title: "import" },
  { key: "firstStep", title: "compile and first step" },
  { key: "secondStep", title: "second step" },
  { key: "processor", title: "processor time" },
  { key: "process", title: "whole process" },
];

export async function benchStartup({ out, machine, devices, samples = 11 }: StartupOptions): Promise<void> {
  const results = new Map(devices.map((device) => [device, [] as StartupResult[]]));
  for (let sample = 0; sample < samples; sample++)
    for (const device of devices) results.get(device)!.push(runChild(device));
  const lines = [
    `| device | ${columns.map(({ title }) => title).join(" | ")} |`,
    `|---|${columns.map(() => "---:").join("|")}|`,
    ...[...results].map(([device, measured]) => {
      const cells = columns.map(({ key }) => {
        const { median, low, high } = spreadOf(measured.map((result) => result[key]));
        return `${median.toFixed(0)} (${low.toFixed(0)} to ${high.toFixed(0)})`;
      });
      return `| ${device} | ${cells.join(" | ")} |`;
    }),
  ];
  const report = `# startup\n\n${machine}\n\nMilliseconds: median (20 to 80 %) of ${samples} processes; network 1, batch 32.\n\n${lines.join("\n")}\n`;
  console.log(`\n${report}`);
  writeFileSync(join(out, "startup.md"), report);
  writeFileSync(
    join(out, "startup.json"),
    JSON.stringify({ machine, results: Object.fromEntries(results) }, null, 1),
  );
}

function runChild(device: string): StartupResult {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "startup-child.mjs")],
    {
      env: { ...process.env, TILEWORK_DEVICE: device },
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(`the start-up of ${device} failed: ${stderr}`);
  return { ...(JSON.parse(stdout) as StartupSample), process: performance.now() - started };
}
