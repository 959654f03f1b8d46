/**
 * Everything that must hold before a change lands, in the order of what fails fastest. Ends with the tests' count.
 * `--runtimes` also trains on Node 20, Deno and Bun, which it fetches.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = (path: string): string => join(root, "node_modules", path);
const report = bin(".tilework-tests.json");

const steps: readonly (readonly [title: string, ...command: string[]])[] = [
  ["format, lint and layering", bin("@biomejs/biome/bin/biome"), "check", ".", "--error-on-warnings"],
  ["build", "scripts/build.ts"],
  ["types", bin("typescript/bin/tsc"), "-p", "tsconfig.json"],
  ["the package as published", "scripts/check-package.ts"],
  ...(process.argv.includes("--runtimes") ? ([["every runtime", "scripts/check-runtimes.ts"]] as const) : []),
  ["the README's code", "scripts/check-readme.ts"],
  ["the API pages", "scripts/docs.ts"],
  [
    "tests (npm test)",
    "scripts/run.mjs",
    "test",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ],
];

rmSync(report, { force: true });
const failed = steps.find((step) => !succeeds(step));
if (existsSync(report)) console.log(`\n${countTests()}`);
if (failed !== undefined) console.error(`\n${failed[0]}: failed`);
process.exitCode = failed === undefined ? 0 : 1;

function succeeds([title, ...command]: (typeof steps)[number]): boolean {
  console.log(`\n== ${title}`);
  const started = performance.now();
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: "inherit" });
  console.log(`== ${title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return status === 0;
}

function countTests(): string {
  const counts = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
  const skipped = counts.numPendingTests! + counts.numTodoTests!;
  return `${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${skipped} skipped`;
}
