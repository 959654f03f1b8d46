/**
 * Times Tilework against its peers: `npm run bench -- [train|predict|ops|startup …] [options]`.
 *
 * Peers run in processes of their own and are sampled in turn; figures are medians with spread, and ratios to the
 * first Tilework device. Results go to bench/results: a table, a chart and the raw numbers.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawChart } from "./chart.ts";
import { measure } from "./interleave.ts";
import { startBurst } from "./machine/burst.ts";
import { benchOps } from "./ops/bench-ops.ts";
import { peersOf } from "./peers/peers.ts";
import { type NetworkResult, networkTable } from "./report.ts";
import { benchStartup } from "./startup.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "keras-tensorflow": { type: "string" },
    "keras-jax": { type: "string" },
    "keras-torch": { type: "string" },
    torch: { type: "string" },
    devices: { type: "string", default: "x64,wasm" },
    networks: { type: "string", default: "1,2,3" },
    batch: { type: "string", default: "32" },
    threads: { type: "string", default: "2" },
    samples: { type: "string", default: "7" },
    shapes: { type: "string" },
    only: { type: "string" },
    tfjs: { type: "boolean", default: false },
    out: { type: "string", default: join(import.meta.dirname, "results") },
  },
});

const modes = positionals.length > 0 ? positionals : ["train", "predict"];
const devices = values.devices.split(",");
const threads = Number(values.threads);
const out = values.out;
mkdirSync(out, { recursive: true });
const machine = `${cpus()[0]?.model.trim()}, ${threads} threads, Node ${process.version}`;
console.log(machine);

for (const mode of modes) {
  if (mode === "train" || mode === "predict") await benchNetworks(mode);
  else if (mode === "ops") await benchOps({ devices, out, machine, shapes: values.shapes, only: values.only, samples: Number(values.samples) });
  else if (mode === "startup") await benchStartup({ out, machine, devices });
  else {
    console.error(`unknown benchmark ${mode}: use train, predict, ops or startup`);
    process.exit(2);
  }
}

async function benchNetworks(mode: "train" | "predict"): Promise<void> {
  const peers = peersOf(
    {
      devices,
      tfjs: values.tfjs,
      kerasTensorflow: values["keras-tensorflow"],
      kerasJax: values["keras-jax"],
      kerasTorch: values["keras-torch"],
      torch: values.torch,
    },
    mode,
  );
  const results: NetworkResult[] = [];
  const burst = await startBurst(threads);
  for (const network of values.networks.split(",").map(Number)) {
    console.log(`\nnetwork ${network}, ${mode}, batch ${values.batch}`);
    const { measured, failed, bursts } = await measure(peers, {
      network,
      mode,
      threads,
      batch: Number(values.batch),
      samples: Number(values.samples),
      burst: burst.sample,
      log: console.log,
    });
    results.push({ network, mode, batch: Number(values.batch), measured, failed, bursts });
    console.log(`\n${networkTable(results.slice(-1))}`);
  }
  burst.end();
  const heading = `# ${mode}\n\n${machine}\n\n`;
  writeFileSync(join(out, `${mode}.md`), `${heading}${networkTable(results)}\n`);
  writeFileSync(join(out, `${mode}.json`), JSON.stringify({ machine, results }, null, 1));
  writeFileSync(join(out, `${mode}.svg`), drawChart(`${mode}, ms a step (${machine})`, results));
  console.log(`written to ${out}`);
}
