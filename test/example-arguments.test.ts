import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

function runExample(...parameters: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ["examples/train-digits.ts", ...parameters], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
}

test("the example tells its options when asked", () => {
  const { status, stdout, stderr } = runExample("--help");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("--network 1|2|3");
});

test.each([
  [["--epoch", "1"], "--epoch"],
  [["more"], "more"],
  [["--seed"], "--seed"],
  [["--epochs", "0"], "--epochs takes a whole number above 0, not 0"],
  [["--network", "4"], "--network is 1, 2 or 3, not 4"],
])("the example refuses %j without a stack", (parameters, message) => {
  const { status, stdout, stderr } = runExample(...parameters);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("    at ");
});
