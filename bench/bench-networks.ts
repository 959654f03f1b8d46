/** Times whole networks: against the peers (`train`, `predict`), and one thread against several (`scaling`). */
import { drawChart } from "./chart.ts";
import { type Environment, titleOf } from "./environment.ts";
import { measure } from "./interleave.ts";
import { type Burst, startBurst } from "./machine/burst.ts";
import type { Options } from "./options.ts";
import type { PeerSpec } from "./peers/peer-process.ts";
import { peersOf, tileworkPeer } from "./peers/peers.ts";
import { type NetworkResult, networkBars, networkTable } from "./report.ts";
import { writeResults } from "./results.ts";
import { scalingBars, scalingOf, scalingTable } from "./scaling-report.ts";

type Bursts = Readonly<Record<"x64" | "wasm", Burst>>;

/** Against the peers that are installed. Returns whether anything was measured. */
export async function benchNetworks(
  mode: "train" | "predict",
  options: Options,
  environment: Environment,
): Promise<boolean> {
  const peers = peersOf({ ...options, devices: options.devices ?? ["x64", "wasm"] }, mode);
  const title = titleOf(environment, options.threads);
  const networks = options.networks ?? [1, 2, 3];
  return measureEach({ networks, mode, peers, options }, (results, complete) => {
    const table = networkTable(results);
    const chart = drawChart(`${mode}, ms a step (${title})`, networkBars(results));
    writeResults(options.out, environment, { name: mode, title, table, chart, raw: { results }, complete });
    return networkTable(results.slice(-1));
  });
}

/** One thread against the others: how training scales. Returns whether anything was measured. */
export async function benchScaling(options: Options, environment: Environment): Promise<boolean> {
  const { threads, networks = [3], devices = ["x64", "wasm"], out } = options;
  const peers = devices.flatMap((device) => [tileworkPeer(device, 1), tileworkPeer(device, threads)]);
  const title = titleOf(environment, threads);
  return measureEach({ networks, mode: "train", peers, options }, (results, complete) => {
    const scalings = scalingOf(results);
    const table = `${networkTable(results)}\n\n${scalingTable(scalings, threads)}`;
    const chart = drawChart(
      `1 to ${threads} threads, times faster (${title})`,
      scalingBars(scalings, threads),
    );
    const raw = { scalings, results };
    writeResults(out, environment, { name: "scaling", title, table, chart, raw, complete });
    return table;
  });
}

interface Series {
  readonly networks: readonly number[];
  readonly mode: "train" | "predict";
  readonly peers: readonly PeerSpec[];
  readonly options: Options;
}

/** `report` writes what there is after each network, and returns what to print. */
async function measureEach(
  { networks, mode, peers, options }: Series,
  report: (results: readonly NetworkResult[], complete: boolean) => string,
): Promise<boolean> {
  const { batch, threads, samples } = options;
  const results: NetworkResult[] = [];
  const bursts: Bursts = {
    x64: await startBurst(threads),
    wasm: await startBurst(threads, { engine: "wasm" }),
  };
  try {
    for (const network of networks) {
      console.log(`\nnetwork ${network}, ${mode}, batch ${batch}`);
      const { log } = console;
      const timer = mode === "train";
      const measured = await measure(peers, { network, mode, threads, batch, samples, bursts, log, timer });
      results.push({ network, mode, batch, ...measured });
      console.log(`\n${report(results, results.length === networks.length)}`);
    }
  } finally {
    for (const burst of Object.values(bursts)) burst.end();
  }
  console.log(`written to ${options.out}`);
  return results.some(({ measured }) => measured.length > 0);
}
