// Runs the project's own commands on any Node from 20 up: installs what is missing, then hands over to the
// current Node that comes as a dev dependency.
//   node scripts/run.mjs build | test [args] | check | docs | start [args] | bench [args]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInstalled } from "./is-installed.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [command, ...rest] = process.argv.slice(2);

function run(program, args, options = {}) {
  const { status, signal } = spawnSync(program, args, { cwd: root, stdio: "inherit", ...options });
  if (status !== 0) process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}

/** Installs a folder's packages unless they are there as its package-lock.json asks for them. */
function install(folder = root, ...flags) {
  if (isInstalled(folder)) return;
  console.log("Installing the development dependencies; this happens once.");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel", "warn", ...flags];
  if (npm) run(process.execPath, [npm, ...args], { cwd: folder });
  else {
    const shell = process.platform === "win32";
    run(shell ? "npm.cmd" : "npm", args, { cwd: folder, shell });
  }
}

function currentNode(...args) {
  const node = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  run(existsSync(node) ? node : process.execPath, args);
}

install();
switch (command) {
  case "build":
    currentNode("scripts/build.ts", ...rest);
    break;
  case "test":
    currentNode("scripts/build.ts");
    currentNode("node_modules/vitest/vitest.mjs", "run", ...rest);
    break;
  case "check":
    currentNode("scripts/check.ts", ...rest);
    break;
  case "docs":
    currentNode("scripts/docs.ts", ...rest);
    break;
  case "start":
    currentNode("scripts/build.ts", "--if-stale");
    currentNode("examples/train-digits.ts", ...rest);
    break;
  case "bench":
    install(join(root, "bench"), "--ignore-scripts");
    currentNode("scripts/build.ts", "--if-stale");
    currentNode("--disable-warning=ExperimentalWarning", "bench/bench.ts", ...rest);
    break;
  default:
    console.error(`unknown command ${command}: use build, test, check, docs, start or bench`);
    process.exit(2);
}
