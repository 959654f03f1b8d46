/**
 * Builds packages/tilework/dist: plain ES modules with types, one file a source file, and joined ones for Node.
 * `--if-stale` does nothing when dist is newer than every source.
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleForNode } from "./bundle-for-node.ts";

const root = join(import.meta.dirname, "..");
const library = join(root, "packages/tilework");
const dist = join(library, "dist");
const stamp = join(dist, "node/index.js");

if (!(process.argv.includes("--if-stale") && isFresh())) await build();

function isFresh(): boolean {
  if (!existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  return globSync("src/**/*.ts", { cwd: library }).every(
    (file) => statSync(join(library, file)).mtimeMs < built,
  );
}

/** Builds beside the old dist and swaps, so that programs that run meanwhile find a whole one. */
async function build(): Promise<void> {
  const next = join(root, `node_modules/.tilework-dist-${process.pid}`);
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", library, "--outDir", next], {
    stdio: "inherit",
  });
  if (status === 0) {
    for (const file of globSync("**/*.js", { cwd: next })) rewriteWorkerUrls(join(next, file));
    await bundleForNode(next);
    rmSync(dist, { recursive: true, force: true });
    renameSync(next, dist);
  } else {
    rmSync(next, { recursive: true, force: true });
    process.exitCode = 1;
  }
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
