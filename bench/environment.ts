/** What a run was measured on and with: enough to tell two files of results apart. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, cpus, freemem, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { InputError } from "./input-error.ts";
import { processorHas } from "./machine/processor.ts";
import type { Options, PythonPeer } from "./options.ts";

const root = join(import.meta.dirname, "..");

export interface Environment {
  readonly date: string;
  readonly tilework: string;
  /** Undefined outside a clone. */
  readonly commit: { readonly hash: string; readonly changed: boolean } | undefined;
  readonly node: string;
  readonly system: string;
  readonly processor: {
    readonly model: string;
    readonly count: number;
    /** Of those that Tilework prints code for. */
    readonly instructions: readonly string[];
  };
  readonly memoryBytes: { readonly total: number; readonly free: number };
  /** Of the last 1, 5 and 15 minutes, as the run began. */
  readonly loadAverage: readonly number[];
  readonly pythons: Readonly<
    Partial<Record<PythonPeer, { readonly command: string; readonly version: string }>>
  >;
  readonly options: Options;
}

/** Throws an InputError where a Python that was named cannot be run. */
export function describeEnvironment(options: Options): Environment {
  const { version } = JSON.parse(readFileSync(join(root, "packages/tilework/package.json"), "utf8"));
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    tilework: version,
    commit: readCommit(),
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    processor: {
      model: processors[0]?.model.trim() ?? "unknown",
      count: processors.length,
      instructions: (["avx512", "avx2"] as const).filter(processorHas),
    },
    memoryBytes: { total: totalmem(), free: freemem() },
    loadAverage: loadavg(),
    pythons: Object.fromEntries(
      Object.entries(options.pythons).map(([peer, command]) => [
        peer,
        { command, version: pythonVersion(peer, command) },
      ]),
    ),
    options,
  };
}

/** The environment in a line, for titles. */
export function titleOf({ processor, node, commit, date }: Environment, threads: number): string {
  const widest = processor.instructions[0];
  return [
    `${processor.model} (${processor.count} processors${widest === undefined ? "" : `, ${widest}`})`,
    `${threads} thread${threads === 1 ? "" : "s"}`,
    `Node ${node}`,
    ...(commit === undefined
      ? []
      : [`commit ${commit.hash.slice(0, 9)}${commit.changed ? " with changes" : ""}`]),
    date.slice(0, 10),
  ].join(", ");
}

function readCommit(): Environment["commit"] {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return { hash: git("rev-parse", "HEAD"), changed: git("status", "--porcelain") !== "" };
  } catch {
    return undefined;
  }
}

function pythonVersion(peer: string, command: string): string {
  try {
    return execFileSync(command, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  } catch (error) {
    const reason = (error as Error).message.split("\n")[0];
    throw new InputError(`--${peer}: takes the path of a Python that runs; got "${command}": ${reason}`);
  }
}
