/** Prints kernels as x86-64 machine code and runs each once, in a child process (Node 26 with `node:ffi`). */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deserialize, serialize } from "node:v8";
import { type Cpu, printX64 } from "../codegen/x64/print-kernel.ts";
import type { Elements } from "./kernel-cases.ts";
import { distinctRegions, type KernelRun } from "./kernel-run.ts";

export interface X64Job {
  readonly code: Uint8Array;
  readonly regions: readonly Uint8Array[];
  /** The region of each argument slot. */
  readonly slots: readonly number[];
  readonly ranges: KernelRun["ranges"];
}

/** Whether this machine and this Node can run machine code for `cpu`. */
export function canRunX64(cpu: Cpu): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const hasFfi = major > 26 || (major === 26 && minor >= 1);
  if (process.platform !== "linux" || process.arch !== "x64" || !hasFfi) return false;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.split(" "));
  const wanted = cpu === "avx2" ? ["avx2", "fma"] : ["avx512f", "avx512bw", "avx512dq", "avx512vl"];
  return wanted.every((flag) => flags.has(flag));
}

/** Copies of each run's buffers afterwards. Throws with the run's name where one failed. */
export function runX64Kernels(runs: readonly KernelRun[], cpu: Cpu): Elements[][] {
  const jobs = runs.map(({ kernel, buffers, ranges }): X64Job => {
    return { code: printX64(kernel, cpu), ...distinctRegions(kernel, buffers), ranges };
  });
  const results = runJobs(jobs);
  return results.map((result, at) => {
    const { kernel, buffers } = runs[at]!;
    if (typeof result === "string") throw new Error(`${kernel.name}: ${result}`);
    return buffers.map((buffer, index) => {
      const bytes = result[jobs[at]!.slots[index]!]!.slice().buffer;
      return new (buffer.constructor as new (bytes: ArrayBufferLike) => Elements)(bytes);
    });
  });
}

function runJobs(jobs: readonly X64Job[]): (Uint8Array[] | string)[] {
  const child = fileURLToPath(new URL("./x64-child.ts", import.meta.url));
  const { status, signal, stdout, stderr, error } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", child],
    { input: serialize(jobs), maxBuffer: 2 ** 30 },
  );
  if (error !== undefined) throw error;
  if (status === 0) return deserialize(stdout) as (Uint8Array[] | string)[];
  if (jobs.length > 1) {
    const half = jobs.length >> 1;
    return [...runJobs(jobs.slice(0, half)), ...runJobs(jobs.slice(half))];
  }
  return [`the child process ended with ${signal ?? status}: ${stderr}`];
}
