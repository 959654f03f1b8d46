import { expect, test } from "vitest";
import { casesToRun } from "./bench-ops.ts";
import { opsBars } from "./ops-chart.ts";
import { barOf, type OpResult, opsTable, type Timed } from "./ops-report.ts";
import { convolutionCases } from "./product-cases.ts";

function timed(share: number, part: Partial<Timed> = {}): Timed {
  const spread = { median: share, low: share / 2, high: share, best: 2 * share };
  const run = { clock: 1, processor: 1 };
  const about = { name: "case", pass: "forward", category: "convolution", device: "x64" } as const;
  return {
    ...about,
    operations: 1e9,
    bytes: 1e6,
    footprint: 1e6,
    ms: { median: 10, low: 9, high: 12, best: 8 },
    roof: 100,
    share: spread,
    bound: "arithmetic",
    samples: [
      { burst: 100, peak: 100, bandwidths: { copy: 50 }, roof: 100, bound: "arithmetic", runs: [run] },
    ],
    kernels: ["convolution; vector"],
    ...part,
  };
}

test.each<[string, Parameters<typeof convolutionCases>[0], (number | undefined)[]]>([
  [
    "16 channels and more",
    { op: "convolution", input: [1, 8, 8, 16], kernel: [3, 3], filters: 16 },
    [0.85, 0.85, 0.85],
  ],
  [
    "a first layer, whose input needs no gradient",
    { op: "convolution", input: [1, 8, 8, 3], kernel: [3, 3], filters: 16 },
    [0.6, undefined, 0.6],
  ],
  [
    "few channels inside a network",
    { op: "convolution", input: [1, 8, 8, 8], kernel: [3, 3], filters: 8 },
    [0.6, 0.6, 0.6],
  ],
  [
    "groups of few channels",
    { op: "convolution", input: [1, 8, 8, 32], kernel: [3, 3], filters: 32, groups: 8 },
    [0.6, 0.6, 0.6],
  ],
  [
    "four channels in groups are no picture",
    { op: "convolution", input: [1, 8, 8, 4], kernel: [3, 3], filters: 4, groups: 2 },
    [0.6, 0.6, 0.6],
  ],
  ["depthwise", { op: "depthwise", input: [1, 8, 8, 3], kernel: [3, 3] }, [0.7, 0.7, 0.7]],
  ["1x1", { op: "convolution", input: [1, 8, 8, 3], kernel: [1, 1], filters: 8 }, [0.7, 0.7, 0.7]],
])("the bars of %s", (_, shape, bars) => {
  const cases = convolutionCases(shape);
  expect(cases.map(({ pass, category }) => barOf({ pass, category, device: "x64" }))).toEqual(bars);
});

test("on wasm only convolutions of 16 channels or more have a bar", () => {
  const bars = (["convolution", "first layer", "few channels", "memory"] as const).map((category) =>
    barOf({ category, pass: "forward", device: "wasm" }),
  );
  expect(bars).toEqual([0.8, undefined, undefined, undefined]);
});

test("bytes are counted as read or written, and what is read twice lies in memory once", () => {
  const only = ["batchNormalization 32x26x26x32 forward"];
  const [normalization] = casesToRun({ shapes: undefined, only });
  const image = 4 * 32 * 26 * 26 * 32;
  const { traffic, footprint } = normalization!;
  expect(traffic.written).toBe(image);
  expect(traffic.read).toBe(2 * image + 2 * 4 * 32);
  expect(footprint).toBe(2 * image + 2 * 4 * 32);
});

test("cases reach their bars by their median; those without one are counted apart", () => {
  const results: OpResult[] = [
    timed(0.9),
    timed(0.84),
    timed(0.3),
    timed(0.1, { category: "first layer", pass: "backward-data" }),
    { name: "broken", pass: "forward", category: "memory", device: "x64", failure: "no\nmemory" },
  ];
  const table = opsTable(results);
  expect(table).toContain("x64: 1 of 3 cases reach their bar (2 with their best run)");
  expect(table).toContain("1 more have no bar");
  expect(table).toContain("| 84 % | 42 % to 84 % | 168 % | 85 % below | x64 | case | forward | 100.0 |");
  expect(table).toContain("| broken | forward | no memory |");
  expect(table).not.toContain("Warning");
});

test("runs that other processes interrupted are warned of", () => {
  const [sample] = timed(1).samples;
  const samples = [{ ...sample!, runs: [{ clock: 3, processor: 1 }] }];
  expect(opsTable([timed(1, { samples })])).toContain("In 1 of 1 runs other processes took the processor");
});

test("Winograd's cases are marked, as their shares count operations of the direct sum", () => {
  const table = opsTable([timed(1.4, { kernels: ["winogradData; vector"] }), timed(0.9)]);
  expect(table).toContain("1 cases, marked Winograd");
  expect(table).toContain("| case (Winograd) |");
  expect(opsTable([timed(0.9)])).not.toContain("Winograd");
});

test("the chart groups cases by device and kind, and marks those below their bar", () => {
  const groups = opsBars([timed(0.5), timed(0.9), timed(0.9, { category: "memory", device: "wasm" })]);
  expect(groups.map(({ title, bars }) => [title, bars.map(({ kind, goal }) => [kind, goal])])).toEqual([
    [
      "x64: convolutions of 16 channels or more",
      [
        ["own", 0.85],
        ["short", 0.85],
      ],
    ],
    ["wasm: depthwise, 1x1, dense, pooling, normalization, elementwise", [["other", undefined]]],
  ]);
});

test("a text of --only that meets no case is refused, with a case's name", () => {
  expect(() => casesToRun({ shapes: undefined, only: ["VGG", "nothinghere"] })).toThrow(
    /--only: none of the \d+ cases contains "nothinghere".*a case is called "network 1: /,
  );
  const names = casesToRun({ shapes: undefined, only: ["VGG"] }).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(5);
  expect(names.every((name) => name.includes("VGG"))).toBe(true);
});
