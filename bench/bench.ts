/**
 * Times Tilework against its peers: `npm run bench -- [train|predict|scaling|ops|startup …] [options]`.
 *
 * Peers run in processes of their own and are sampled in turn; figures are medians with spread, ratios to the first
 * Tilework device, and shares of what the processor reached in a burst right before each sample. Results go to
 * bench/results: a table, a chart and the raw numbers.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawChart } from "./chart.ts";
import { measure } from "./interleave.ts";
import { type Burst, startBurst } from "./machine/burst.ts";
import { benchOps } from "./ops/bench-ops.ts";
import type { PeerSpec } from "./peers/peer-process.ts";
import { peersOf, tileworkPeer } from "./peers/peers.ts";
import { type NetworkResult, networkTable } from "./report.ts";
import { scalingTable } from "./scaling-report.ts";
import { benchStartup } from "./startup.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "keras-tensorflow": { type: "string" },
    "keras-jax": { type: "string" },
    "keras-torch": { type: "string" },
    torch: { type: "string" },
    devices: { type: "string" },
    networks: { type: "string", default: "1,2,3" },
    batch: { type: "string", default: "32" },
    threads: { type: "string", default: "2" },
    samples: { type: "string", default: "7" },
    shapes: { type: "string" },
    only: { type: "string" },
    without: { type: "string", default: "" },
    out: { type: "string", default: join(import.meta.dirname, "results") },
  },
});

const modes = positionals.length > 0 ? positionals : ["train", "predict"];
const networks = values.networks.split(",").map(Number);
const threads = Number(values.threads);
const batch = Number(values.batch);
const samples = Number(values.samples);
const { out } = values;
mkdirSync(out, { recursive: true });
const machine = `${cpus()[0]?.model.trim()}, ${threads} threads, Node ${process.version}`;
console.log(machine);

for (const mode of modes) {
  if (mode === "train" || mode === "predict") await benchNetworks(mode);
  else if (mode === "scaling") await benchScaling();
  else if (mode === "ops")
    await benchOps({
      devices: devicesOr("x64,avx2,wasm"),
      out,
      machine,
      shapes: values.shapes,
      only: values.only,
      samples,
    });
  else if (mode === "startup") await benchStartup({ out, machine, devices: devicesOr("x64,wasm"), samples });
  else {
    console.error(`unknown benchmark ${mode}: use train, predict, scaling, ops or startup`);
    process.exit(2);
  }
}

function devicesOr(usual: string): string[] {
  return (values.devices ?? usual).split(",");
}

async function benchNetworks(mode: "train" | "predict"): Promise<void> {
  const peers = peersOf(
    {
      devices: devicesOr("x64,wasm"),
      without: values.without.split(","),
      kerasTensorflow: values["keras-tensorflow"],
      kerasJax: values["keras-jax"],
      kerasTorch: values["keras-torch"],
      torch: values.torch,
    },
    mode,
  );
  const results: NetworkResult[] = [];
  await withBursts(async (bursts) => {
    for (const network of networks) {
      results.push(await measureNetwork(network, mode, peers, bursts));
      console.log(`\n${networkTable(results.slice(-1))}`);
    }
  });
  write(mode, networkTable(results), { machine, results });
  writeFileSync(join(out, `${mode}.svg`), drawChart(`${mode}, ms a step (${machine})`, results));
}

/** One thread against the others: how training scales. */
async function benchScaling(): Promise<void> {
  const peers = devicesOr("x64,wasm").flatMap((device) => [
    tileworkPeer(device, 1),
    tileworkPeer(device, threads),
  ]);
  const results: NetworkResult[] = [];
  await withBursts(async (bursts) => {
    for (const network of values.networks === "1,2,3" ? [3] : networks)
      results.push(await measureNetwork(network, "train", peers, bursts));
  });
  const table = `${networkTable(results)}\n\n${scalingTable(results, threads)}`;
  console.log(`\n${table}`);
  write("scaling", table, { machine, results });
}

async function measureNetwork(
  network: number,
  mode: "train" | "predict",
  peers: readonly PeerSpec[],
  bursts: Readonly<Record<"x64" | "wasm", Burst>>,
): Promise<NetworkResult> {
  console.log(`\nnetwork ${network}, ${mode}, batch ${batch}`);
  const timer = mode === "train";
  const { log } = console;
  const measured = await measure(peers, { network, mode, threads, batch, samples, bursts, log, timer });
  return { network, mode, batch, ...measured };
}

async function withBursts(use: (bursts: Record<"x64" | "wasm", Burst>) => Promise<void>): Promise<void> {
  const bursts = { x64: await startBurst(threads), wasm: await startBurst(threads, { engine: "wasm" }) };
  await use(bursts);
  for (const burst of Object.values(bursts)) burst.end();
}

function write(name: string, table: string, raw: unknown): void {
  writeFileSync(join(out, `${name}.md`), `# ${name}\n\n${machine}\n\n${table}\n`);
  writeFileSync(join(out, `${name}.json`), JSON.stringify(raw, null, 1));
  console.log(`written to ${out}`);
}
