/** Everything that must hold before a change lands, in the order of what fails fastest. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const bin = (path: string): string => join(root, "node_modules", path);

const steps: readonly (readonly [title: string, ...command: string[]])[] = [
  ["format, lint and layering", bin("@biomejs/biome/bin/biome"), "check", ".", "--error-on-warnings"],
  ["types", bin("typescript/bin/tsc"), "-p", "tsconfig.json"],
  ["build", "scripts/build.ts"],
  ["tests", bin("vitest/vitest.mjs"), "run"],
  ["the package as published", "scripts/check-package.ts"],
  ["the README's code", "scripts/check-readme.ts"],
];

for (const [title, ...command] of steps) {
  console.log(`\n== ${title}`);
  const started = performance.now();
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    console.error(`\n${title}: failed`);
    process.exit(status ?? 1);
  }
  console.log(`== ${title}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
