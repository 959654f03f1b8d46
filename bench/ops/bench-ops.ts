/**
 * Times single operations, one thread, on each device: every case a compiled program over variables, its samples
 * interleaved with those of the other devices, each beside a burst of multiply-adds and, where memory may be the
 * bound, a copy of the same footprint.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Burst } from "../machine/burst.ts";
import { spreadOf } from "../statistics.ts";
import { pointCases, poolCases } from "./memory-cases.ts";
import type { OpCase } from "./op-case.ts";
import { type LoadedCase, OpDevice, type OpDeviceName } from "./op-device.ts";
import { describeShape, type OpShape, readShapes } from "./op-shape.ts";
import { describeKernel, type OpResult, opsTable, slowestTable } from "./ops-report.ts";
import { convolutionCases, denseCases } from "./product-cases.ts";

export interface BenchOpsOptions {
  readonly devices: readonly string[];
  /** The folder for the table and the raw numbers. */
  readonly out: string;
  readonly machine: string;
  /** A JSON file with shapes in place of the usual list. */
  readonly shapes?: string | undefined;
  /** Runs only cases whose description contains one of these texts, separated by commas. */
  readonly only?: string | undefined;
  readonly samples: number;
}

const usualShapes = join(import.meta.dirname, "shapes.json");

/**
 * A sample is the fastest of some runs of a few milliseconds in a row: short enough that on a busy machine one of
 * them often meets no other process, long enough that starting a run counts little.
 */
const runMilliseconds = 6;
const runsPerSample = 4;

export async function benchOps({
  devices,
  out,
  machine,
  shapes,
  only,
  samples,
}: BenchOpsOptions): Promise<void> {
  const opened = await openDevices(devices);
  const wanted = only?.split(",");
  const cases = readShapes(shapes ?? usualShapes)
    .flatMap(casesOf)
    .filter(({ name, pass }) => wanted?.some((text) => `${name} ${pass}`.includes(text)) ?? true);
  const results: OpResult[] = [];
  for (const [at, each] of cases.entries()) {
    const measured = await measureCase(each, opened, samples);
    results.push(...measured);
    console.log(`${at + 1}/${cases.length} ${each.name}, ${each.pass}: ${measured.map(briefly).join(", ")}`);
  }
  for (const device of opened) await device.close();
  const table = `${opsTable(results)}\n\n${slowestTable(results)}`;
  writeFileSync(join(out, "ops.md"), `# Operations, one thread\n\n${machine}\n\n${table}\n`);
  writeFileSync(join(out, "ops.json"), JSON.stringify({ machine, results }, null, 1));
  console.log(`\n${table}\nwritten to ${out}`);
}

function casesOf(shape: OpShape): OpCase[] {
  try {
    switch (shape.op) {
      case "convolution":
      case "depthwise":
        return convolutionCases(shape);
      case "dense":
        return denseCases(shape);
      case "maxPool":
      case "averagePool":
        return poolCases(shape);
      default:
        return pointCases(shape);
    }
  } catch (error) {
    throw new Error(`${describeShape(shape)}: ${error instanceof Error ? error.message : error}`);
  }
}

async function openDevices(names: readonly string[]): Promise<OpDevice[]> {
  const opened: OpDevice[] = [];
  for (const name of names) {
    await OpDevice.open(name as OpDeviceName).then(
      (device) => opened.push(device),
      (error: unknown) => console.log(`left out: ${error instanceof Error ? error.message : error}`),
    );
  }
  return opened;
}

interface Entry {
  readonly device: OpDevice;
  readonly loaded: LoadedCase;
  readonly steps: number;
  readonly ms: number[];
  readonly bursts: number[];
  readonly bandwidths: number[];
}

async function measureCase(each: OpCase, devices: readonly OpDevice[], samples: number): Promise<OpResult[]> {
  const failed: OpResult[] = [];
  const entries: Entry[] = [];
  const about = { name: each.name, pass: each.pass, category: each.category };
  for (const device of devices) {
    try {
      const loaded = await device.load(each);
      const steps = await stepsOf(loaded);
      entries.push({ device, loaded, steps, ms: [], bursts: [], bandwidths: [] });
    } catch (error) {
      failed.push({
        ...about,
        device: device.name,
        failure: error instanceof Error ? error.message : String(error),
      });
    }
  }
  for (let round = 0; round < samples; round++)
    for (const { device, loaded, steps, ms, bursts, bandwidths } of entries) {
      bursts.push(await device.burst.sample());
      bandwidths.push(await copyBandwidth(device.burst, each.bytes));
      ms.push(await fastestRun(loaded, steps));
    }
  return [...entries.map((entry) => resultOf(each, entry)), ...failed];
}

/** The better of plain and streaming stores. WebAssembly has no streaming ones. */
async function copyBandwidth(burst: Burst, bytes: number): Promise<number> {
  const footprint = Math.min(bytes, 256 * 2 ** 20);
  const plain = await burst.copyBandwidth(footprint);
  return burst.engine === "wasm"
    ? plain
    : Math.max(plain, await burst.copyBandwidth(footprint, { streaming: true }));
}

async function fastestRun(loaded: LoadedCase, steps: number): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runsPerSample; run++) fastest = Math.min(fastest, await loaded.run(steps));
  return fastest;
}

/** Milliseconds after which an engine has optimised the kernels and the device has chosen its schedules. */
const warmMilliseconds = 300;

/** Warms up and finds how many steps make a run. */
async function stepsOf(loaded: LoadedCase): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let steps = 1; spent < warmMilliseconds; ) {
    const milliseconds = await loaded.run(steps);
    fastest = Math.min(fastest, milliseconds);
    spent += milliseconds * steps;
    if (fastest * steps < 4 * runMilliseconds) steps *= 2;
  }
  return Math.max(1, Math.ceil(runMilliseconds / fastest));
}

function resultOf(
  { name, pass, category, operations, operationsAtOnce, bytes }: OpCase,
  entry: Entry,
): OpResult {
  const { device, ms, bursts, bandwidths, loaded } = entry;
  const samples = ms.map((time, at) => {
    const peak = (bursts[at]! * operationsAtOnce) / 2;
    const roof = Math.min(peak, (operations / bytes) * bandwidths[at]!);
    return {
      ms: time,
      burst: bursts[at]!,
      peak,
      bandwidth: bandwidths[at]!,
      roof,
      share: operations / (time * 1e6) / roof,
    };
  });
  return {
    name,
    pass,
    category,
    device: device.name,
    operations,
    bytes,
    ms: spreadOf(ms).median,
    roof: spreadOf(samples.map(({ roof }) => roof)).median,
    share: spreadOf(samples.map(({ share }) => share)).median,
    bound:
      spreadOf(samples.map(({ roof, peak }) => (roof < peak ? 1 : 0))).median === 1 ? "memory" : "arithmetic",
    samples,
    kernels: loaded.kernels().map(describeKernel),
  };
}

function briefly(result: OpResult): string {
  return "failure" in result
    ? `${result.device} failed: ${result.failure}`
    : `${result.device} ${(result.operations / result.ms / 1e6).toFixed(1)} GFLOP/s, ${(100 * result.share).toFixed(0)} %`;
}
