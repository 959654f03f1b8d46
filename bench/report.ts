/** Tables of the network benchmarks. */
import type { Failed, Measured } from "./interleave.ts";
import { spreadOf } from "./statistics.ts";

export interface NetworkResult {
  readonly network: number;
  readonly mode: "train" | "predict";
  readonly batch: number;
  readonly measured: readonly Measured[];
  readonly failed: readonly Failed[];
  /** GFLOP/s of a pure multiply-add burst on all threads, one before each round. */
  readonly bursts: readonly number[];
}

/**
 * Multiply-adds of one image's forward pass, counted as two operations. Training does each convolution's forward and
 * both backward products, but no backward-data for the first layer.
 */
const operations: Readonly<Record<number, { readonly forward: number; readonly train: number }>> = {
  1: networkOperations([26 * 26 * 9 * 32, 11 * 11 * 288 * 64, 1600 * 10]),
  2: networkOperations([28 * 28 * 75 * 16, 11 * 11 * 144 * 32, 3872 * 10]),
  3: networkOperations([62 * 62 * 27 * 64, 60 * 60 * 576 * 128, 128 * 10]),
};

function networkOperations(products: readonly number[]): { forward: number; train: number } {
  const forward = products.reduce((sum, product) => sum + 2 * product, 0);
  return { forward, train: 3 * forward - 2 * products[0]! };
}

/** Markdown: one row a peer, the ratio to the first row's median, and its share of the multiply-add burst. */
export function networkTable(results: readonly NetworkResult[]): string {
  const lines = [
    "| network | peer | ms a step (median) | 20-80 % | best | times the first | share of the burst |",
    "|---|---|---:|---|---:|---:|---:|",
  ];
  for (const { network, mode, batch, measured, failed, bursts } of results) {
    const base = measured[0] === undefined ? Number.NaN : spreadOf(measured[0].samples).median;
    const burst = bursts.length === 0 ? Number.NaN : spreadOf(bursts.map((rate) => -rate)).median * -1;
    const work = operations[network];
    for (const { label, samples } of measured) {
      const { median, low, high, best } = spreadOf(samples);
      const flops = work === undefined ? Number.NaN : batch * (mode === "train" ? work.train : work.forward);
      const share = flops / (median * 1e6) / burst;
      lines.push(
        `| ${network} | ${label} | ${median.toFixed(2)} | ${low.toFixed(2)} to ${high.toFixed(2)} | ${best.toFixed(2)} | ` +
          `${(median / base).toFixed(2)} | ${Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "-"} |`,
      );
    }
    for (const { label, reason } of failed) lines.push(`| ${network} | ${label} | left out: ${reason} | | | | |`);
  }
  return lines.join("\n");
}
