/**
 * Builds packages/tilework/dist: plain ES modules with types, one file a source file.
 * `--if-stale` does nothing when dist is newer than every source.
 */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const library = join(root, "packages/tilework");
const dist = join(library, "dist");
const stamp = join(dist, "index.js");

if (!(process.argv.includes("--if-stale") && isFresh())) build();

function isFresh(): boolean {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return globSync("src/**/*.ts", { cwd: library }).every(
    (file) => statSync(join(library, file)).mtimeMs < built,
  );
}

function build(): void {
  rmSync(dist, { recursive: true, force: true });
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", library], { stdio: "inherit" });
  for (const file of globSync("**/*.js", { cwd: dist })) rewriteWorkerUrls(join(dist, file));
}

/** `new URL("./x.ts", import.meta.url)` is no import, so the compiler leaves its ending alone. */
function rewriteWorkerUrls(file: string): void {
  const text = readFileSync(file, "utf8");
  const rewritten = text.replace(
    /new URL\((\/\*.*?\*\/ )?"([^"]+)\.ts", import\.meta\.url\)/g,
    'new URL($1"$2.js", import.meta.url)',
  );
  if (rewritten !== text) writeFileSync(file, rewritten);
}
