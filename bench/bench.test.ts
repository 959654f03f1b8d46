import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

function bench(...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [join(import.meta.dirname, "bench.ts"), ...args], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
}

test("the benchmark tells its options when asked", () => {
  const { status, stdout } = bench("--help");
  expect(status).toBe(0);
  expect(stdout).toContain("--networks LIST");
});

test("what is wrong with the input is one line and exit code 1, before anything is measured", () => {
  const folder = mkdtempSync(join(tmpdir(), "tilework-bench-"));
  const shapes = join(folder, "mine.json");
  writeFileSync(shapes, '[{ "op": "convolution", "input": [1, 2, 2, 3], "kernel": [3, 3], "filters": 8 }]');
  const { status, stdout, stderr } = bench("train", "ops", "--shapes", shapes);
  rmSync(folder, { recursive: true });
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`${shapes}: convolution 1x2x2x3 by 3x3 -> 8: `);
  expect(stderr).not.toContain("    at ");
});

test.runIf(process.platform === "linux")("a folder that cannot be made is refused", () => {
  const { status, stderr } = bench("train", "--out", "/proc/results/of/mine");
  expect(status).toBe(1);
  expect(stderr).toContain('--out: takes a folder that can be made; got "/proc/results/of/mine"');
});

test("a Python that does not run is refused by name", () => {
  const { status, stderr } = bench("train", "--torch", "no-such-python");
  expect(status).toBe(1);
  expect(stderr).toContain('--torch: takes the path of a Python that runs; got "no-such-python"');
});
