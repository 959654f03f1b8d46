/** What the processor can do. */
import { existsSync, readFileSync } from "node:fs";
import type { EngineName } from "./measure-worker.ts";

/** Whether the processor has what an engine prints (Linux, where machine code runs). */
export function processorHas(engine: EngineName): boolean {
  if (engine === "wasm") return true;
  if (!existsSync("/proc/cpuinfo")) return false;
  const flags = new Set(
    /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim().split(" "),
  );
  const needed = engine === "avx2" ? ["avx2", "fma"] : ["avx512f", "avx512bw", "avx512dq", "avx512vl"];
  return needed.every((flag) => flags.has(flag));
}
