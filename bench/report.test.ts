import { expect, test } from "vitest";
import { drawChart } from "./chart.ts";
import type { Measured, Sample } from "./interleave.ts";
import { cell, type NetworkResult, networkBars, networkTable, warningOf } from "./report.ts";
import { scalingOf, scalingTable } from "./scaling-report.ts";

function sample(ms: number, part: Partial<Sample> = {}): Sample {
  const load = { wall: 100, own: 190, waiting: 0, others: 0, stolen: 0, loadAverage: 0.5 };
  return { ms, burst: [100, 100], burstByClock: 190, sharedCore: false, load, disturbed: false, ...part };
}

function measured(label: string, samples: readonly Sample[], threads = 2): Measured {
  const peer = { name: label, versions: {} };
  return { label, engine: "x64", threads, peer, samples, secondsToPrepare: 1 };
}

function result(peers: readonly Measured[]): NetworkResult {
  const copies = [{ engine: "x64" as const, footprintBytes: 2 ** 28, bandwidth: 40 }];
  const failed = [{ label: "PyTorch", reason: "no module\nnamed a|b" }];
  return { network: 1, mode: "train", batch: 32, measured: peers, failed, copies };
}

const calm = result([
  measured("Tilework x64", [sample(2), sample(1), sample(3)]),
  measured("Keras tensorflow", [sample(8), sample(9), sample(7)]),
]);

const busy = { disturbed: true, load: { ...sample(1).load, others: 150, own: 40, loadAverage: 13 } };

/**
 * Network 1 on 32 images: 3 * 2 * (26 * 26 * 9 * 32 + 11 * 11 * 288 * 64 + 16000) less 2 * 26 * 26 * 9 * 32 for the first
 * layer's input, 14.26 million operations an image; in 8 ms that is 57 of the burst's 200 GFLOP/s.
 */
test("a row holds median, spread, ratio to the first peer, and the bursts of both clocks", () => {
  const lines = networkTable([calm]).split("\n");
  expect(lines.find((line) => line.includes("Keras"))).toBe(
    "| 1 | Keras tensorflow | 8.00 | 7.00 to 9.00 | 7.00 | 4.00 | 29 % | 200 | 190 | 0 of 3 |",
  );
  expect(networkTable([calm])).toContain("left out: no module named a\\|b |");
});

test("the table says what multiply-adds and copies reached in the same run", () => {
  expect(networkTable([calm])).toContain(
    "Machine, machine code, 2 threads: multiply-adds 200 (200 to 200) GFLOP/s (by the clock 190 (190 to 190)), " +
      "copies of 256 MiB 40.0 (40.0 to 40.0) GB/s read and written.",
  );
});

test("a busy machine is named before all figures, with what to do", () => {
  const disturbed = result([measured("Tilework x64", [sample(20, busy), sample(25, busy), sample(2)])]);
  const [first, , , , row] = networkTable([disturbed]).split("\n");
  expect(first).toMatch(
    /^\*\*Warning: the machine was busy\. In 2 of 3 samples .*load average 13\.0.*End other/,
  );
  expect(row).toContain("| 2 of 3 |");
  expect(networkTable([calm])).not.toContain("Warning");
});

test("one disturbed sample of many is no reason to warn", () => {
  const many = [...Array.from({ length: 9 }, () => sample(1)), sample(2, busy)];
  expect(warningOf(many)).toBeUndefined();
  expect(warningOf([...many, sample(2, busy)])).toContain("2 of 11");
  expect(warningOf([])).toBeUndefined();
});

test("scaling leaves out rounds on a shared core", () => {
  const label = "Tilework x64";
  const one = [sample(10, { burst: [100] }), sample(12, { burst: [100] })];
  const two = [sample(5), sample(11, { sharedCore: true, burst: [50, 50] })];
  const scalings = scalingOf([
    result([measured(`${label}, 1 thread`, one, 1), measured(`${label}, 2 threads`, two)]),
  ]);
  expect(scalings).toMatchObject([
    { device: label, times: { median: 2 }, bursts: { median: 2 }, rounds: 2, sharing: 1, disturbed: 0 },
  ]);
  expect(scalingTable(scalings, 2)).toContain(
    "| 2.00 (2.00 to 2.00) | 2.00 (2.00 to 2.00) | 1 of 2 | 0 of 2 |",
  );
});

test("a text in a cell cannot end it", () => {
  expect(cell("a | b\n  c")).toBe("a \\| b c");
});

test("the longest bar of a chart fills its row, and texts are escaped", () => {
  const chart = drawChart("a < b", networkBars([calm]));
  const widths = [...chart.matchAll(/<rect x="[\d.]+" y="[\d.-]+" width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
  expect(widths).toHaveLength(2);
  expect(widths[1]! / widths[0]!).toBeCloseTo(4, 1);
  expect(chart).toContain("<title>a &lt; b</title>");
  expect(chart).toContain(">8.00 ms</text>");
});
