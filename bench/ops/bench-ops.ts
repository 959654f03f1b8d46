/**
 * Times single operations, one thread, on each device: every case a compiled program over variables, its samples
 * interleaved with those of the other devices, each beside a burst of multiply-adds and streams through memory of the
 * same footprint.
 */
import { join } from "node:path";
import { type Environment, titleOf } from "../environment.ts";
import { InputError } from "../input-error.ts";
import type { Burst } from "../machine/burst.ts";
import type { DeviceName, Options } from "../options.ts";
import { writeResults } from "../results.ts";
import { spreadOf } from "../statistics.ts";
import { pointCases, poolCases } from "./memory-cases.ts";
import type { OpCase } from "./op-case.ts";
import { type LoadedCase, millisecondsOf, OpDevice, type RunTime } from "./op-device.ts";
import { describeShape, type OpShape } from "./op-shape.ts";
import { opsChart } from "./ops-chart.ts";
import { describeKernel, type OpResult, type OpSample, opsTable, slowestTable } from "./ops-report.ts";
import { convolutionCases, denseCases } from "./product-cases.ts";
import { readShapes } from "./read-shapes.ts";
import { type Bandwidths, roofOf } from "./roof.ts";

const usualShapes = join(import.meta.dirname, "shapes.json");

/** Runs follow each other beside one burst: long enough that starting one counts little. */
const runMilliseconds = 6;
const runsPerSample = 4;

/** Cases between two writings of the results. */
const casesPerWriting = 10;

/** Returns whether anything was measured. */
export async function benchOps(options: Options, environment: Environment): Promise<boolean> {
  const cases = casesToRun(options);
  const opened = await openDevices(options.devices ?? ["x64", "avx2", "wasm"]);
  const results: OpResult[] = [];
  const title = titleOf(environment, 1);
  const write = (complete: boolean): string => {
    const table = `${opsTable(results)}\n\n${slowestTable(results)}`;
    const chart = opsChart(title, results);
    writeResults(options.out, environment, { name: "ops", title, table, chart, raw: { results }, complete });
    return table;
  };
  for (const [at, each] of opened.length === 0 ? [] : cases.entries()) {
    const measured = await measureCase(each, opened, options.samples);
    results.push(...measured);
    console.log(`${at + 1}/${cases.length} ${each.name}, ${each.pass}: ${measured.map(briefly).join(", ")}`);
    if ((at + 1) % casesPerWriting === 0) write(false);
  }
  for (const device of opened) await device.close();
  console.log(`\n${write(true)}\nwritten to ${options.out}`);
  return results.some((result) => !("failure" in result));
}

/** Throws an InputError where a shape does not fit its operation, or a text of `only` meets no case. */
export function casesToRun({ shapes, only }: Pick<Options, "shapes" | "only">): OpCase[] {
  const cases = readShapes(shapes ?? usualShapes).flatMap((shape) => casesOf(shape, shapes));
  const meets = ({ name, pass }: OpCase, text: string): boolean => `${name} ${pass}`.includes(text);
  for (const text of only ?? [])
    if (!cases.some((each) => meets(each, text))) {
      const example = `${cases[0]!.name} ${cases[0]!.pass}`;
      throw new InputError(
        `--only: none of the ${cases.length} cases contains ${JSON.stringify(text)} (large and small letters differ); a case is called "${example}", say`,
      );
    }
  return cases.filter((each) => only?.some((text) => meets(each, text)) ?? true);
}

function casesOf(shape: OpShape, file: string = usualShapes): OpCase[] {
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
    throw new InputError(
      `${file}: ${describeShape(shape)}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function openDevices(names: readonly DeviceName[]): Promise<OpDevice[]> {
  const opened: OpDevice[] = [];
  for (const name of names) {
    await OpDevice.open(name).then(
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
  readonly samples: OpSample[];
}

async function measureCase(each: OpCase, devices: readonly OpDevice[], samples: number): Promise<OpResult[]> {
  const failed: OpResult[] = [];
  const entries: Entry[] = [];
  const about = { name: each.name, pass: each.pass, category: each.category };
  for (const device of devices) {
    try {
      const loaded = await device.load(each);
      const steps = await stepsOf(loaded);
      entries.push({ device, loaded, steps, samples: [] });
    } catch (error) {
      failed.push({
        ...about,
        device: device.name,
        failure: error instanceof Error ? error.message : String(error),
      });
    }
  }
  for (let round = 0; round < samples; round++)
    for (const entry of entries) entry.samples.push(await sampleOf(each, entry));
  return [...entries.map((entry) => resultOf(each, entry)), ...failed];
}

async function sampleOf(each: OpCase, { device, loaded, steps }: Entry): Promise<OpSample> {
  const burst = await device.burst.sample();
  const peak = (burst * each.operationsAtOnce) / 2;
  const bandwidths = await bandwidthsOf(device.burst, each);
  const runs: RunTime[] = [];
  for (let run = 0; run < runsPerSample; run++) runs.push(await loaded.run(steps));
  return { burst, peak, bandwidths, ...roofOf(each.operations, each.traffic, peak, bandwidths), runs };
}

const largestFootprint = 256 * 2 ** 20;

/** Reading and filling alone only where the case does more of one than of the other. */
async function bandwidthsOf(burst: Burst, { footprint, traffic }: OpCase): Promise<Bandwidths> {
  const bytes = Math.min(footprint, largestFootprint);
  const copy = await burst.bandwidth("copy", bytes);
  if (traffic.read === traffic.written) return { copy };
  return traffic.read > traffic.written
    ? { copy, read: await burst.bandwidth("read", bytes) }
    : { copy, fill: await burst.bandwidth("fill", bytes) };
}

/** Milliseconds after which an engine has optimised the kernels and the device has chosen its schedules. */
const warmMilliseconds = 300;

/** Warms up and finds how many steps make a run. */
async function stepsOf(loaded: LoadedCase): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let steps = 1; spent < warmMilliseconds; ) {
    const milliseconds = millisecondsOf(await loaded.run(steps));
    fastest = Math.min(fastest, milliseconds);
    spent += milliseconds * steps;
    if (fastest * steps < 4 * runMilliseconds) steps *= 2;
  }
  return Math.max(1, Math.ceil(runMilliseconds / fastest));
}

function resultOf(
  { name, pass, category, operations, traffic, footprint }: OpCase,
  { device, samples, loaded }: Entry,
): OpResult {
  const runs = samples.flatMap(({ roof, runs }) => runs.map((run) => ({ roof, ms: millisecondsOf(run) })));
  const shares = runs.map(({ roof, ms }) => operations / (ms * 1e6) / roof);
  const bounds = samples.filter(({ bound }) => bound === "memory").length;
  return {
    name,
    pass,
    category,
    device: device.name,
    operations,
    bytes: traffic.read + traffic.written,
    footprint,
    ms: spreadOf(runs.map(({ ms }) => ms)),
    roof: spreadOf(samples.map(({ roof }) => roof)).median,
    share: { ...spreadOf(shares), best: Math.max(...shares) },
    bound: 2 * bounds > samples.length ? "memory" : "arithmetic",
    samples,
    kernels: loaded.kernels().map(describeKernel),
  };
}

function briefly(result: OpResult): string {
  return "failure" in result
    ? `${result.device} failed: ${result.failure}`
    : `${result.device} ${(result.operations / result.ms.median / 1e6).toFixed(1)} GFLOP/s, ${(100 * result.share.median).toFixed(0)} %`;
}
