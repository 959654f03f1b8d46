/**
 * Trains a small network on every JavaScript runtime that Tilework promises: Node 20, the current Node with and
 * without permissions, Deno and Bun, with machine code where it can run and without. All must print nothing of their
 * own, and all that fuse multiply and add must give the same bits. Wants the build; fetches the runtimes once, into
 * node_modules/.runtimes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = join(root, "node_modules/.runtimes");
const program = join(root, "scripts/runtime-training.js");
const packages = { node: "20.20.2", deno: "2.9.6", bun: "1.4.5" };

interface Case {
  readonly title: string;
  readonly command: readonly string[];
  /** What `auto` takes where machine code can run at all. */
  readonly takes: "x64" | "wasm";
  /** Its WebAssembly rounds products, so that only machine code gives everyone's bits. */
  readonly rounds?: true;
}

const bin = (name: string): string => join(folder, "node_modules/.bin", name);
const silent = "--disable-warning=SecurityWarning";
const permissions = ["--permission", "--allow-fs-read=*", "--allow-worker", silent];

const cases: readonly Case[] = [
  { title: "this Node", command: [process.execPath], takes: "x64" },
  { title: "this Node without permission", command: [process.execPath, ...permissions], takes: "wasm" },
  {
    title: "this Node with permission",
    command: [process.execPath, ...permissions, "--allow-ffi"],
    takes: "x64",
  },
  { title: "Node 20", command: [bin("node")], takes: "wasm" },
  { title: "Deno", command: [bin("deno"), "run", "--allow-all", "--quiet"], takes: "x64" },
  {
    title: "Deno without permission",
    command: [bin("deno"), "run", "--allow-read", "--quiet", "--no-prompt"],
    takes: "wasm",
  },
  { title: "Bun", command: [bin("bun")], takes: "x64", rounds: true },
];

interface Result {
  readonly device: string;
  /** Digest of the losses' and weights' bits. */
  readonly bits: string;
}

function install(): void {
  const wanted = Object.entries(packages);
  const missing = wanted.filter(([name, version]) => {
    const manifest = join(folder, "node_modules", name, "package.json");
    return !existsSync(manifest) || !spawnOutput([bin(name), "--version"]).includes(version);
  });
  if (missing.length === 0) return;
  mkdirSync(folder, { recursive: true });
  const allowScripts = Object.fromEntries(wanted.map(([name]) => [name, true]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, allowScripts }));
  const names = wanted.map(([name, version]) => `${name}@${version}`);
  const npm = process.env.npm_execpath;
  const [command = "npm", ...words] = npm === undefined ? ["npm"] : [process.execPath, npm];
  const args = [...words, "install", "--no-audit", "--no-fund", "--loglevel", "error", ...names];
  const { status } = spawnSync(command, args, { cwd: folder, stdio: "inherit" });
  if (status !== 0) throw new Error("the runtimes could not be installed");
}

function spawnOutput([command, ...args]: readonly string[]): string {
  return spawnSync(command!, args, { encoding: "utf8" }).stdout ?? "";
}

function train({ title, command }: Case, device: string): Result {
  const [file, ...args] = [...command, program];
  const env = { ...process.env, NODE_OPTIONS: "", TILEWORK_THREADS: "2" };
  if (!title.startsWith("Deno without")) Object.assign(env, { TILEWORK_DEVICE: device });
  const run = spawnSync(file!, args, { encoding: "utf8", env, timeout: 120_000 });
  if (run.status !== 0 || run.stderr !== "")
    throw new Error(`${title} with device "${device}" ended with ${run.signal ?? run.status}\n${run.stderr}`);
  return JSON.parse(run.stdout) as Result;
}

install();
const native = process.platform === "linux" && process.arch === "x64";
const reference = train(cases[0]!, "wasm");
let failures = 0;
for (const each of cases)
  for (const device of ["auto", "wasm"]) {
    try {
      const { device: taken, bits } = train(each, device);
      const expected = device === "auto" && native ? each.takes : "wasm";
      const equal = bits === reference.bits;
      const right = taken === expected && (equal || (each.rounds === true && taken === "wasm"));
      if (!right) failures++;
      console.log(
        `${right ? "ok    " : "FAILED"} ${each.title}, ${device}: ${taken}, ${equal ? "same bits" : "other bits"}`,
      );
    } catch (error) {
      failures++;
      console.log(`FAILED ${(error as Error).message}`);
    }
  }
process.exitCode = failures > 0 ? 1 : 0;
